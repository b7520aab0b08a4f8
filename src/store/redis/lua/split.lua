-- Two batches, whose bodies the same transaction has set, take the place of one. One of the two that is here already,
-- because the queue went back in time and it was stored again, stays as it is; its events were counted twice.
-- ARGV[6], [7]: id and fence of the one. Then id, events, bytes of both.
-- Gives applied, gone, stale.
local refused = unit_refusal()
if refused then
  return refused
end
local function outcome(text_of_it)
  for half = 1, 2 do
    if call('HEXISTS', meta, ARGV[5 + 3 * half]) == 0 then
      call('UNLINK', body(1 + half))
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
forget(whole, body(1))
for n = 1, 2 do
  local i = 5 + 3 * n
  local id, events = ARGV[i], tonumber(ARGV[i + 1])
  if call('HEXISTS', meta, id) == 1 then
    add('stored', -events)
    call('PERSIST', body(1 + n)) -- it may have been missing
  else
    local half = new_batch(id, whole.place, events, tonumber(ARGV[i + 2]), whole.enqueued, whole.counted)
    call('PERSIST', body(1 + n))
    call('ZREM', garbage, id) -- it may have been here before
    place_in(half, 'ready', half.place)
    save(half)
  end
end
write_changes()
return 'applied'
