-- Accepts batches whose bodies the same transaction has set, to expire unless they are accepted here.
-- ARGV[4], [5]: events and bytes that may wait at most. Then id, events, bytes of each.
-- Gives 1 for each that is stored, by this or an earlier call, else 0: then none behind it is stored, which would
-- overtake it.
local refused = refusal()
if refused then
  return refused
end
local max_events, max_bytes = tonumber(ARGV[4]), tonumber(ARGV[5])
local waiting = total('ready') + total('in_flight') + total('retry')
local waiting_bytes = total('waiting_bytes')
local place = total('next_place')
local outcome, full = {}, false
for i = 6, #ARGV, 3 do
  local id, events, bytes = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  if redis.call('HEXISTS', meta, id) == 1 then
    redis.call('PERSIST', body(id))
    outcome[#outcome + 1] = 1
  elseif full or waiting + events > max_events or waiting_bytes + bytes > max_bytes then
    redis.call('UNLINK', body(id))
    outcome[#outcome + 1], full = 0, true
  elseif redis.call('PERSIST', body(id)) == 0 and redis.call('EXISTS', body(id)) == 0 then
    outcome[#outcome + 1], full = 0, true -- what an earlier try had left has just expired
  else
    place = place + 1
    waiting, waiting_bytes = waiting + events, waiting_bytes + bytes
    local b = {id = id, place = place, fence = 0, attempts = 0, crashes = 0, events = events, bytes = bytes,
               enqueued = now, owner = '-', status = 0, reason = ''}
    place_in(b, 'ready', place)
    save(b)
    add('next_place', 1)
    add('stored', events)
    outcome[#outcome + 1] = 1
  end
end
write_totals()
return outcome
