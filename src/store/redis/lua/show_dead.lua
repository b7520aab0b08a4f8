-- One dead letter, as `list_dead` gives it. ARGV[1]: its id.
local died = call('ZSCORE', sets.dead, ARGV[1])
local b = died and load(ARGV[1])
if not b then
  return {}
end
return {b.id, tonumber(died), b.events, b.attempts, b.status, b.reason}
