-- Deliveries stop, or go on. ARGV[1]: '1' or '0'. ARGV[2]: '1' if there is a queue also if this partition of it is still
-- to be made. Gives whether there is a queue.
if call('HEXISTS', ctl, 'mover') == 1 then
  return redis.error_reply('ERR the number of partitions is being changed')
end
if ARGV[2] ~= '1' and call('EXISTS', ctl) == 0 then
  return 0
end
call('ZREM', owners, '')
call('HSET', ctl, 'paused', ARGV[1] == '1' and '1' or text(-now))
return 1
