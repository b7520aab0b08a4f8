-- A batch takes the place of ready ones of this partition that stand one behind another, and that nobody has tried. ARGV[1]:
-- the token of the caller, which changes the number of partitions. ARGV[2..4]: id, events, bytes of the one, whose body the
-- same transaction has set. Then the ids of the others; it is as old as the youngest of them.
-- Gives 1, or 0 if they are not what the caller takes them for.
local refused = refusal_to_move()
if refused then
  return refused
end
local first, events, enqueued = load(ARGV[5]), 0, 0
for i = 5, #ARGV do
  local b = load(ARGV[i])
  if not b or b.state ~= 'ready' then
    return 0
  end
  events, enqueued = events + b.events, math.max(enqueued, b.enqueued)
end
if events ~= tonumber(ARGV[3]) or call('HEXISTS', meta, ARGV[2]) == 1 then
  return 0
end
local one = new_batch(ARGV[2], first.place, events, tonumber(ARGV[4]), enqueued, first.counted)
call('PERSIST', body(1))
call('ZREM', garbage, one.id)
for i = 5, #ARGV do
  forget(load(ARGV[i]), body(i - 3))
end
place_in(one, 'ready', one.place)
save(one)
write_changes()
return 1
