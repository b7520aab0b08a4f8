-- Dead letters are forgotten. ARGV: ids; none: the oldest few. Gives how many there were, and their events.
local ids = #ARGV > 0 and ARGV or redis.call('ZRANGE', sets.dead, 0, most - 1)
local batches, events = 0, 0
for _, id in ipairs(ids) do
  local b = load(id)
  if b and b.state == 'dead' then
    forget(b)
    add('purged', b.events)
    batches, events = batches + 1, events + b.events
  end
end
write_counts()
return {batches, events}
