-- What is here of batches of the caller. ARGV[6…]: their ids.
-- Gives {events of the incarnation that were delivered, that died, of both those that others have ended, waiting,
-- dead, … of each batch, in events}.
local refused = unit_refusal()
if refused then
  return refused
end
local answer = {}
for i, how in ipairs({'delivered', 'dead', 'elsewhere'}) do
  answer[i] = call('HGET', incarnations, ARGV[4] .. ':' .. how) or '0'
end
for i = 6, #ARGV do
  local b, waiting, dead = load(ARGV[i]), parts_of(ARGV[i])
  if b and b.state == 'dead' then
    dead = dead + b.events
  elseif b then
    waiting = waiting + b.events
  end
  answer[#answer + 1] = text(waiting)
  answer[#answer + 1] = text(dead)
end
return answer
