-- Dead letters in the order of their death. ARGV[1], [2]: after this time and id. ARGV[3]: how many at most.
-- Gives id, time of death, events, attempts, status, reason of each.
local from, after, limit = tonumber(ARGV[1]), ARGV[2], math.min(tonumber(ARGV[3]), most)
local rank = call('ZCOUNT', sets.dead, '-inf', '(' .. text(from))
local found, n, count = {}, 0, 0

-- Byte by byte, as Redis orders them; `>` would ask the locale of the server.
local function is_behind(id, other)
  for i = 1, math.min(#id, #other) do
    local a, b = string.byte(id, i), string.byte(other, i)
    if a ~= b then
      return a > b
    end
  end
  return #id > #other
end

repeat
  local page = call('ZRANGE', sets.dead, rank, rank + most - 1, 'WITHSCORES')
  for i = 1, #page, 2 do
    local id, died = page[i], tonumber(page[i + 1])
    local b = count < limit and (died > from or is_behind(id, after)) and load(id)
    if b then
      count = count + 1
      found[n + 1], found[n + 2], found[n + 3] = id, died, b.events
      found[n + 4], found[n + 5], found[n + 6] = b.attempts, b.status, b.reason
      n = n + 6
    end
  end
  rank = rank + most
until count == limit or #page < 2 * most
return found
