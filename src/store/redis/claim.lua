-- The end of every unit of work: the caller is alive, due retries become ready, and it is given leases.
-- ARGV[4..7]: leases at most, their duration in ms, owner_ttl in ms, '1' for none while a retry is to come.
-- Gives {when the next retry is due or '', id, fence, attempts, events, stored, …}: the oldest first.
local refused = refusal()
if refused then
  return refused
end
local slots, duration = tonumber(ARGV[4]), tonumber(ARGV[5])
if ARGV[3] == 'single' then
  redis.call('PEXPIRE', owner_key, ARGV[6])
else
  redis.call('ZREM', owners, ARGV[1])
  redis.call('ZADD', owners, text(now), ARGV[1])
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', sets.retry, '-inf', text(now), 'LIMIT', 0, most)) do
  local b = load(id)
  if b then
    move(b, 'ready', b.place)
  else
    redis.call('ZREM', sets.retry, id)
  end
end
local given = {''}
local in_line = ARGV[7] == '1' and redis.call('ZCARD', sets.retry) > 0
if slots > 0 and not in_line and redis.call('HGET', ctl, 'paused') ~= '1' then
  for _, id in ipairs(redis.call('ZRANGE', sets.ready, 0, slots - 1)) do
    local b = load(id)
    if not b then
      redis.call('ZREM', sets.ready, id)
    elseif redis.call('STRLEN', body(id)) == 0 then
      b.reason = 'body_missing'
      move(b, 'dead', now)
    else
      b.fence, b.owner = b.fence + 1, ARGV[1]
      move(b, 'in_flight', now + duration)
      for _, member in ipairs({id, text(b.fence), text(b.attempts), text(b.events), text(b.enqueued)}) do
        given[#given + 1] = member
      end
    end
  end
end
given[1] = redis.call('ZRANGE', sets.retry, 0, 0, 'WITHSCORES')[2] or ''
write_totals()
return given
