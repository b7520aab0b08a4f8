-- A queue is to have another number of partitions. From now on no process can use this one, and only the caller changes
-- it. An earlier caller that has not come to its end is refused from now on.
-- ARGV[1]: the caller's token, or '' to look only. ARGV[2]: the number of this partition. ARGV[3]: how many the queue has,
-- '' if that is not known yet. ARGV[4]: how many it is to have. ARGV[5]: owner_ttl in ms. ARGV[6]: schema. ARGV[7]: how
-- the batches are made, as in :ctl. ARGV[8], [9]: fingerprint and `paused` for a partition that is still to be made.
-- Gives {'ok', how many the queue has, fingerprint, `paused`, '1' if an earlier call is not at its end}; {'absent'}: it
-- is not there, and is not to be; {'schema'}; {'part', the partition that it is, perhaps of another queue};
-- {'partitions', how many there are}; {'unfinished', how many there are to be by an earlier call}; {'ordering', how the
-- batches must be made}; {'other'}: its destination is not ARGV[8]; {'taken', by whom}.
local token, part, had, wanted = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local schema, its_part, partitions, ordering, fingerprint, paused =
  unpack(call('HMGET', ctl, 'schema', 'part', 'partitions', 'ordering', 'fingerprint', 'paused'))
if not schema and (had == '' or tonumber(part) >= tonumber(wanted)) then
  return {'absent'}
end
if schema and schema ~= ARGV[6] then
  return {'schema'}
end
if schema and its_part ~= part then
  return {'part', its_part}
end
local from, to = string.match(partitions or '', '^(%d+)>(%d+)$')
if to and to ~= wanted then
  return {'unfinished', to}
end
from = from or partitions or had
if had ~= '' and from ~= had and from ~= wanted then
  return {'partitions', from}
end
if to and ordering ~= ARGV[7] or ordering == 'per_user' and ARGV[7] ~= 'per_user' and wanted ~= '1' then
  return {'ordering', ordering}
end
if fingerprint and ARGV[8] ~= '' and fingerprint ~= ARGV[8] then
  return {'other'}
end
local owner, last = call('GET', owner_key), call('ZREVRANGE', owners, 0, 0, 'WITHSCORES')
if not owner and last[1] and tonumber(last[2]) + ARGV[5] > now then
  owner = last[1]
end
if owner then
  return {'taken', owner}
end
if token ~= '' then
  call('HSET', ctl, 'schema', ARGV[6], 'part', part, 'partitions', had .. '>' .. wanted, 'ordering', ARGV[7],
    'mover', token)
  if not schema then
    call('HSET', ctl, 'fingerprint', ARGV[8], 'paused', ARGV[9])
  end
  call('UNLINK', sessions) -- of processes that are silent: they may only sleep
end
return {'ok', from, fingerprint or '', paused or '0', to and '1' or '0'}
