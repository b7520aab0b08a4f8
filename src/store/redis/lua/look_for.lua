-- What is here of batches of the caller. ARGV[6]: the number of the first of its batches that is open; what others have
-- ended before is forgotten. ARGV[7…]: their ids, none if only the first two numbers are wanted.
-- Gives {events that the caller has delivered, that died; waiting, dead, ended by others, … of each batch, in events}.
local refused = unit_refusal()
if refused then
  return refused
end
local answer = {}
for i, how in ipairs({'delivered', 'dead'}) do
  answer[i] = call('HGET', incarnations, ARGV[4] .. ':' .. how) or '0'
end
local any_elsewhere = call('EXISTS', elsewhere) == 1
if any_elsewhere then
  call('ZREMRANGEBYLEX', elsewhere, '[' .. ARGV[4] .. '-', '(' .. padded(ARGV[4] .. '-' .. ARGV[6]))
end
local function ended_by_others(id)
  local events, prefix = 0, any_elsewhere and padded(id)
  if prefix then -- the batch itself, `<id> `, and its parts, `<id>.`
    for _, member in ipairs(call('ZRANGEBYLEX', elsewhere, '[' .. prefix .. ' ', '(' .. prefix .. '/')) do
      events = events + tonumber(string.match(member, ' (%d+)$'))
    end
  end
  return events
end
for i = 7, #ARGV do
  local id = ARGV[i]
  local b, waiting, dead = load(id), parts_of(id)
  if b and b.state == 'dead' then
    dead = dead + b.events
  elseif b then
    waiting = waiting + b.events
  end
  for _, events in ipairs({waiting, dead, ended_by_others(id)}) do
    answer[#answer + 1] = text(events)
  end
end
return answer
