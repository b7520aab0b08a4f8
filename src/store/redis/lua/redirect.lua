-- What waits goes to another destination from now on. ARGV[4]: its fingerprint.
local refused = refusal()
if refused then
  return refused
end
redis.call('HSET', ctl, 'fingerprint', ARGV[4])
return 'ok'
