-- Deliveries stop, or go on. ARGV[1]: '1' or '0'. Gives whether there is a queue.
if call('EXISTS', ctl) == 0 then
  return 0
end
call('ZREM', owners, '')
call('HSET', ctl, 'paused', ARGV[1] == '1' and '1' or text(-now))
return 1
