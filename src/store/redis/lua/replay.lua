-- Dead letters become ready, in their place, as if stored now, with nothing counted; their fences go on. ARGV: ids; none: the oldest few.
-- Gives how many there were, and their events.
local ids = #ARGV > 0 and ARGV or redis.call('ZRANGE', sets.dead, 0, most - 1)
local batches, events = 0, 0
for _, id in ipairs(ids) do
  local b = load(id)
  if b and b.state == 'dead' then
    b.attempts, b.crashes, b.status, b.reason, b.enqueued = 0, 0, 0, '', now
    move(b, 'ready', b.place)
    batches, events = batches + 1, events + b.events
  end
end
write_counts()
return {batches, events}
