-- A process wants to process the queue. ARGV[2] is the generation of a queue that is new.
-- ARGV[4..7]: owner_ttl in ms, fingerprint, '1' to adopt, schema.
-- Gives {'ok', generation}; {'taken', whose, ms until that expires}; {'newer'}; {'other'}.
local token, mode, ttl = ARGV[1], ARGV[3], tonumber(ARGV[4])
local schema = redis.call('HGET', ctl, 'schema')
if schema and tonumber(schema) > tonumber(ARGV[7]) then
  return {'newer'}
end
local fingerprint = redis.call('HGET', ctl, 'fingerprint')
if fingerprint and fingerprint ~= ARGV[5] and ARGV[6] ~= '1' then
  return {'other'}
end
local owner = redis.call('GET', owner_key)
if owner and owner ~= token then
  return {'taken', owner, redis.call('PTTL', owner_key)}
end
if mode == 'single' then
  local alive = redis.call('ZREVRANGE', owners, 0, 0, 'WITHSCORES')
  if alive[1] and alive[1] ~= token and tonumber(alive[2]) + ttl > now then
    return {'taken', alive[1], tonumber(alive[2]) + ttl - now}
  end
end
redis.call('ZREM', owners, token)
redis.call('HSETNX', ctl, 'generation', ARGV[2])
redis.call('HSET', ctl, 'schema', ARGV[7], 'fingerprint', ARGV[5], 'mode', mode)
if mode == 'single' then
  redis.call('SET', owner_key, token, 'PX', ARGV[4])
else
  redis.call('ZADD', owners, text(now), token)
end
return {'ok', redis.call('HGET', ctl, 'generation')}
