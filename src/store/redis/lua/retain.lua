-- Every lease of the caller that is not among these goes back to its place. ARGV[6…]: id, fence of each.
-- Gives how many went back.
local refused = unit_refusal()
if refused then
  return refused
end
local kept = {}
for i = 6, #ARGV, 2 do
  kept[ARGV[i]] = tonumber(ARGV[i + 1])
end
local back = 0
for _, b in ipairs((leased_by(ARGV[1], -1))) do
  if kept[b.id] ~= b.fence then
    move(b, 'ready', b.place)
    back = back + 1
  end
end
write_changes()
return back
