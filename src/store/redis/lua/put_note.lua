-- A note takes the place of another text. ARGV[1]: its name. ARGV[2]: its text, or '' if it goes. ARGV[3]: the text that it
-- must have now, '' if there must be none. ARGV[4]: how many notes there may be.
-- Gives 'put'; 'other', if the text is not ARGV[3]; 'full', if there are so many; 'absent', if there is no queue.
if call('HEXISTS', ctl, 'mover') == 1 then
  return redis.error_reply('ERR the number of partitions is being changed')
end
if call('EXISTS', ctl) == 0 then
  return 'absent'
end
local kind = 'note/'
local field = kind .. ARGV[1]
local present = call('HGET', ctl, field) or ''
if present ~= ARGV[3] then
  return 'other'
end
if ARGV[2] == '' then
  call('HDEL', ctl, field)
  return 'put'
end
local function count_notes()
  local count = 0
  for _, name in ipairs(call('HKEYS', ctl)) do
    count = count + (string.sub(name, 1, #kind) == kind and 1 or 0)
  end
  return count
end
if present == '' and call('HLEN', ctl) >= tonumber(ARGV[4]) and count_notes() >= tonumber(ARGV[4]) then
  return 'full'
end
call('ZREM', owners, '') -- is permitted when memory is full, and with it what follows: a purge needs a note
call('HSET', ctl, field, ARGV[2])
return 'put'
