-- Leases that no process can settle any more go back to their place, and a crash is counted; past ARGV[5] of them a batch
-- is poison. Those are: of a queue with one owner, all that are not the caller's; of a shared one, those whose
-- deadline has passed or whose owner has given no sign for ARGV[4] ms.
-- Gives {how many there were, id, events, reason, … of each that is poison}; as many as `most` means that there may be
-- more.
local refused = refusal()
if refused then
  return refused
end
local token, single, ttl, max_crashes = ARGV[1], ARGV[3] == 'single', tonumber(ARGV[4]), tonumber(ARGV[5])
local silent, any_silent = {}, false
if not single then
  for _, who in ipairs(redis.call('ZRANGEBYSCORE', owners, '-inf', text(now - ttl), 'LIMIT', 0, most)) do
    silent[who], any_silent = true, true
  end
end
local last = (single or any_silent) and '+inf' or text(now)
local back, answer = 0, {0}
local leases = redis.call('ZRANGEBYSCORE', sets.in_flight, '-inf', last, 'WITHSCORES')
for i = 1, #leases, 2 do
  local b = load(leases[i])
  local over = b and (single and b.owner ~= token or
                      not single and (tonumber(leases[i + 1]) <= now or silent[b.owner]))
  if not b then
    redis.call('ZREM', sets.in_flight, leases[i])
  elseif over and back < most then
    back = back + 1
    b.crashes = b.crashes + 1
    if b.crashes > max_crashes then
      b.reason = 'poison: in flight at every one of many crashes'
      bury(b)
      for _, member in ipairs({b.id, text(b.events), b.reason}) do
        answer[#answer + 1] = member
      end
    else
      move(b, 'ready', b.place)
    end
  end
end
if back < most then
  for who in pairs(silent) do
    redis.call('ZREM', owners, who)
    redis.call('HDEL', sessions, who)
  end
end
forget_silent_incarnations()
write_counts()
answer[1] = back
return answer
