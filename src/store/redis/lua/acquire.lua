-- A process begins a session on a partition; one that only enqueues makes sure that it may. ARGV[2]: the number of the
-- session that it had, or '0'; of one that only enqueues, see the prelude.
-- ARGV[4..8]: owner_ttl in ms, fingerprint, '1' to adopt, schema, another fingerprint that may be there instead: of a unit
-- of work whose answer got lost. ARGV[9], [10]: the number of the partition, and of how many it is one. ARGV[11]: how
-- its batches are made, `per_user` or `none`, alike in all processes.
-- Gives {'ok', session}; {'taken', whose, ms until that expires, '1' if its session is later than the caller's};
-- {'replaced'}; {'schema'}; {'part', the partition that it is, perhaps of another queue}; {'partitions', how many there
-- are}; {'ordering', how the others make theirs, one of
-- them, ms until its sign of life expires}; {'other'}.
local token, mode, ttl = ARGV[1], ARGV[3], tonumber(ARGV[4])
local schema, part, partitions, ordering = unpack(call('HMGET', ctl, 'schema', 'part', 'partitions', 'ordering'))
if schema and schema ~= ARGV[7] then
  return {'schema'}
end
if schema and part ~= ARGV[9] then
  return {'part', part}
end
if schema and partitions ~= ARGV[10] then
  return {'partitions', partitions}
end
local function is_ours(...)
  call('HSET', ctl, 'schema', ARGV[7], 'part', ARGV[9], 'partitions', ARGV[10], 'ordering', ARGV[11],
    'fingerprint', ARGV[5], ...)
end
local last = tonumber(call('HGET', ctl, 'sessions') or '0')
local function taken(whose, expires)
  return {'taken', whose, expires, last > tonumber(ARGV[2]) and '1' or '0'}
end
local fingerprint = call('HGET', ctl, 'fingerprint')
if mode == 'enqueue' then -- beside every owner, for the destination that the queue has
  if fingerprint and fingerprint ~= ARGV[5] then
    return {'other'}
  end
  if ordering and ordering ~= ARGV[11] then
    return {'ordering', ordering, '', 0}
  end
  forget_silent_incarnations()
  if not fingerprint then
    is_ours()
  end
  return {'ok', ARGV[2]}
end
local owner = call('GET', owner_key)
if owner and owner ~= token then
  return taken(owner, call('PTTL', owner_key))
end
-- A later session may also be the caller's own, begun by a call whose answer got lost.
if mode == 'single' and ARGV[2] ~= '0' and last > tonumber(ARGV[2]) and call('HGET', ctl, 'last') ~= token then
  return {'replaced'}
end
local other = fingerprint and fingerprint ~= ARGV[5] and fingerprint ~= ARGV[8]
if other and ARGV[6] ~= '1' then
  return {'other'}
end
local alive = call('ZREVRANGE', owners, 0, 1, 'WITHSCORES')
for i = 1, #alive, 2 do
  if alive[i] ~= token and tonumber(alive[i + 1]) + ttl > now then
    local expires = tonumber(alive[i + 1]) + ttl - now
    if mode == 'single' or other then
      return taken(alive[i], expires)
    end
    if ordering and ordering ~= ARGV[11] then
      return {'ordering', ordering, alive[i], expires}
    end
  end
end
call('ZREM', owners, token)
forget_silent_incarnations()
is_ours('sessions', text(last + 1), 'last', token)
if mode == 'single' then
  local mine = call('HGET', health, token)
  call('UNLINK', sessions, owners, health) -- of those that are taken for dead
  if mine then
    call('HSET', health, token, mine)
  end
  call('SET', owner_key, token, 'PX', ARGV[4])
else
  call('ZADD', owners, text(now), token)
end
call('HSET', sessions, token, text(last + 1))
return {'ok', text(last + 1)}
