-- Two batches, whose bodies the same transaction has set, take the place of one.
-- ARGV[4], [5]: id and fence of the one. Then id, events, bytes of both.
-- Gives applied, gone, stale.
local refused = refusal()
if refused then
  return refused
end
local function outcome(text_of_it)
  for i = 6, 9, 3 do
    if redis.call('HEXISTS', meta, ARGV[i]) == 0 then
      redis.call('UNLINK', body(ARGV[i]))
    end
  end
  return text_of_it
end
local whole = load(ARGV[4])
if not whole then
  return outcome('gone')
end
-- Halves that do not add up, or are here already, would lose or invent events.
if whole.state ~= 'in_flight' or whole.fence ~= tonumber(ARGV[5]) or
   tonumber(ARGV[7]) + tonumber(ARGV[10]) ~= whole.events or
   redis.call('HEXISTS', meta, ARGV[6]) == 1 or redis.call('HEXISTS', meta, ARGV[9]) == 1 then
  return outcome('stale')
end
forget(whole)
for i = 6, 9, 3 do
  local half = {id = ARGV[i], place = whole.place, fence = 0, attempts = 0, crashes = 0, events = tonumber(ARGV[i + 1]),
                bytes = tonumber(ARGV[i + 2]), enqueued = whole.enqueued, owner = '-', status = 0, reason = ''}
  redis.call('PERSIST', body(half.id))
  place_in(half, 'ready', half.place)
  save(half)
end
write_totals()
return 'applied'
