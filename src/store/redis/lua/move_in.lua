-- Batches of another partition come here, with what was known of them. One that is here has come before.
-- ARGV[1]: the token of the caller, which changes the number of partitions. ARGV[2..5]: the number of a partition that is
-- about to go, and how many events were delivered, purged and erased in it, which are counted here from now on, once; else
-- ''.
-- Then id, place in its set, events, bytes, record of each, whose bodies the same transaction has set.
local refused = refusal_to_move()
if refused then
  return refused
end
local counted = 'counted ' .. ARGV[2]
if ARGV[2] ~= '' and call('HEXISTS', ctl, counted) == 0 then
  call('HSET', ctl, counted, '1')
  add('delivered', tonumber(ARGV[3]))
  add('purged', tonumber(ARGV[4]))
  add('erased', tonumber(ARGV[5]))
  add('stored', ARGV[3] + ARGV[4] + ARGV[5])
end
local last = totals('next_place')
for i = 6, #ARGV, 5 do
  local id, score = ARGV[i], tonumber(ARGV[i + 1])
  local b = call('HEXISTS', meta, id) == 0 and parse(id, ARGV[i + 4])
  call('PERSIST', body((i - 1) / 5))
  if b then
    b.events, b.bytes = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
    if b.state == 'in_flight' then -- at a crash
      b.state, b.crashes, b.owner, score = 'ready', b.crashes + 1, '-', b.place
    end
    call('ZREM', garbage, id)
    place_in(b, b.state, score)
    save(b)
    add('stored', b.events)
    if b.place > last then
      add('next_place', b.place - last)
      last = b.place
    end
  end
end
write_changes()
return 1
