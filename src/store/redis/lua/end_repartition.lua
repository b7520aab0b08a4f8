-- This partition is one of the new number of them, or goes. ARGV[1]: the token of the caller, which changes the number.
-- ARGV[2]: the number of this partition. ARGV[3]: how many there are now.
local refused = refusal_to_move()
if refused then
  return refused
end
if tonumber(ARGV[2]) < tonumber(ARGV[3]) then
  local over = {'mover', 'unasked'}
  for _, name in ipairs(call('HKEYS', ctl)) do
    if string.find(name, '^counted %d+$') then
      over[#over + 1] = name
    end
  end
  call('HSET', ctl, 'partitions', ARGV[3])
  call('HDEL', ctl, unpack(over))
elseif call('EXISTS', meta) == 0 then
  call('UNLINK', unpack(KEYS, 1, 17))
else
  return redis.error_reply('ERR there are batches left in ' .. meta)
end
return 1
