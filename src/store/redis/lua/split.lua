-- Two batches, whose bodies the same transaction has set, take the place of one. One of the two that is here already,
-- because the queue went back in time and it was stored again, stays as it is; its events were counted twice.
-- ARGV[6], [7]: id and fence of the one. Then id, events, bytes of both.
-- Gives applied, gone, stale.
local refused = unit_refusal()
if refused then
  return refused
end
local function outcome(text_of_it)
  for i = 8, 11, 3 do
    if call('HEXISTS', meta, ARGV[i]) == 0 then
      call('UNLINK', body(ARGV[i]))
    end
  end
  return text_of_it
end
local whole = load(ARGV[6])
if not whole then
  return outcome('gone')
end
-- Halves that do not add up would lose or invent events.
if whole.state ~= 'in_flight' or whole.owner ~= ARGV[1] or whole.fence ~= tonumber(ARGV[7]) or
   tonumber(ARGV[9]) + tonumber(ARGV[12]) ~= whole.events then
  return outcome('stale')
end
forget(whole)
for i = 8, 11, 3 do
  local id, events = ARGV[i], tonumber(ARGV[i + 1])
  if call('HEXISTS', meta, id) == 1 then
    add('stored', -events)
  else
    local half = new_batch(id, whole.place, events, tonumber(ARGV[i + 2]), whole.enqueued, whole.counted)
    call('PERSIST', body(id))
    place_in(half, 'ready', half.place)
    save(half)
  end
end
write_changes()
return 'applied'
