-- The state of a queue. ARGV[1]: owner_ttl in ms. Gives nothing if there is no queue, else
-- {{name, total, …}, oldest ready or '', next retry or '', oldest dead or '', paused, owner, its health or '', …}: of many
-- processes only those that gave the last signs of life.
if call('EXISTS', ctl) == 0 then
  return false
end
local first = call('ZRANGE', sets.ready, 0, 0)[1]
local b = first and load(first)
local answer = {
  call('HGETALL', stat),
  b and text(b.enqueued) or '',
  call('ZRANGE', sets.retry, 0, 0, 'WITHSCORES')[2] or '',
  call('ZRANGE', sets.dead, 0, 0, 'WITHSCORES')[2] or '',
  call('HGET', ctl, 'paused') or '0'
}
local names = call('ZREVRANGEBYSCORE', owners, '+inf', text(now - ARGV[1]), 'LIMIT', 0, 100)
names[#names + 1] = call('GET', owner_key) or nil
if #names > 0 then
  for i, said in ipairs(call('HMGET', health, unpack(names))) do
    answer[#answer + 1] = names[i]
    answer[#answer + 1] = said or ''
  end
end
return answer
