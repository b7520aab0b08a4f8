-- Dead letters are forgotten. ARGV[1..4]: '' for an operator, else a process that gives a sign of life by it, and its
-- owner_ttl in ms. Then ids; none: the oldest few. Gives how many there were, and their events.
local batches, events = 0, 0
if ARGV[1] ~= '' and not refusal() then -- it may be one page of very many
  give_sign(ARGV[1], ARGV[3], ARGV[4])
end
local ids = {unpack(ARGV, 5)}
if #ids == 0 then
  ids = call('ZRANGE', sets.dead, 0, most - 1)
end
for _, id in ipairs(ids) do
  local b = load(id)
  if b and b.state == 'dead' then
    forget(b)
    add('purged', b.events)
    batches, events = batches + 1, events + b.events
  end
end
write_changes()
return {batches, events}
