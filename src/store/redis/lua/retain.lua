-- Every lease of the caller that is not among these goes back to its place. ARGV[4…]: id, fence of each.
-- Gives how many went back.
local refused = refusal()
if refused then
  return refused
end
local kept = {}
for i = 4, #ARGV, 2 do
  kept[ARGV[i]] = tonumber(ARGV[i + 1])
end
local back = 0
for _, id in ipairs(redis.call('ZRANGE', sets.in_flight, 0, -1)) do
  local b = load(id)
  if b and b.owner == ARGV[1] and kept[id] ~= b.fence then
    move(b, 'ready', b.place)
    back = back + 1
  end
end
write_counts()
return back
