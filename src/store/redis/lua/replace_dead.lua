-- Another batch takes the place of a dead letter: ready, as if stored now. ARGV[1]: the id of the dead letter. ARGV[2..4]:
-- id, events and payload of the other one. Gives 1; 0 if there is no such dead letter, or the other one is there already.
if call('HEXISTS', ctl, 'mover') == 1 then
  return redis.error_reply('ERR the number of partitions is being changed')
end
local dead, events = load(ARGV[1]), tonumber(ARGV[3])
if not dead or dead.state ~= 'dead' or record_of(ARGV[2]) then
  return 0
end
forget(dead, body(1))
add('purged', dead.events - events)
local other = new_batch(ARGV[2], dead.place, events, #ARGV[4], now, 1)
place_in(other, 'ready', other.place)
save(other)
write_batches() -- with what is permitted when memory is full, and with it what follows
call('ZREM', garbage, ARGV[2])
call('SET', body(2), ARGV[4])
write_changes()
return 1
