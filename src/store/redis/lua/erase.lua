-- Batches lose events. ARGV: of each its id, the fence, events and bytes that it had when it was read, the events that are
-- left, and their payload. One that is in flight, or is not as it was read, is passed over. Gives how many events went.
if call('HEXISTS', ctl, 'mover') == 1 then
  return redis.error_reply('ERR the number of partitions is being changed')
end

-- The process that waits for their end asks for it by id. There is one member for all that a batch has lost.
local function note_ended(b, events)
  local incarnation = b.counted == 0 and string.match(b.id, '^(%w+)%-')
  if not incarnation or call('HEXISTS', incarnations, incarnation .. ':token') == 0 then
    return
  end
  local prefix = padded(b.id) .. ' erased '
  for _, member in ipairs(call('ZRANGEBYLEX', elsewhere, '[' .. prefix, '(' .. prefix .. ':')) do
    events = events + tonumber(string.sub(member, #prefix + 1))
    call('ZREM', elsewhere, member)
  end
  ended_elsewhere[#ended_elsewhere + 1] = prefix .. text(events)
end

local erased, rests = 0, {}
for i = 1, #ARGV, 6 do
  local b, left = load(ARGV[i]), tonumber(ARGV[i + 4])
  if b and b.state ~= 'in_flight' and b.fence == tonumber(ARGV[i + 1]) and b.events == tonumber(ARGV[i + 2]) and
     b.bytes == tonumber(ARGV[i + 3]) then
    local gone, payload = b.events - left, body((i + 5) / 6)
    note_ended(b, gone)
    if left == 0 then
      forget(b, payload)
    else
      add(b.state, -gone)
      add(b.state == 'dead' and 'dead_bytes' or 'backlog_bytes', #ARGV[i + 5] - b.bytes)
      add_part(b.id, b.state == 'dead' and 'dead' or 'waiting', -gone)
      b.events, b.bytes = left, #ARGV[i + 5]
      save(b)
      rests[payload] = ARGV[i + 5]
    end
    erased = erased + gone
  end
end
add('erased', erased)
write_batches() -- with what is permitted when memory is full, and with it what follows
for payload, rest in pairs(rests) do
  call('SET', payload, rest)
end
if erased > 0 then
  call('HINCRBY', ctl, 'erased', text(erased))
end
write_changes()
return erased
