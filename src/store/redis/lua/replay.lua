-- Dead letters become ready, in their place, as if stored now, with nothing counted; their fences go on. ARGV[1..4]: ''
-- for an operator, else a process that gives a sign of life by it, and its owner_ttl in ms. Then ids.
-- Gives how many there were, and their events.
if call('HEXISTS', ctl, 'mover') == 1 then
  return redis.error_reply('ERR the number of partitions is being changed')
end
local batches, events = 0, 0
if ARGV[1] ~= '' and not refusal() then -- it may be one page of very many
  give_sign(ARGV[1], ARGV[3], ARGV[4])
end
for i = 5, #ARGV do
  local b = load(ARGV[i])
  if b and b.state == 'dead' then
    b.attempts, b.crashes, b.status, b.reason, b.enqueued = 0, 0, 0, '', now
    move(b, 'ready', b.place)
    batches, events = batches + 1, events + b.events
  end
end
write_changes()
return {batches, events}
