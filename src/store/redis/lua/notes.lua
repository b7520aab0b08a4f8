-- The notes of a queue, which stand in its first partition. ARGV[1]: what their names begin with. Gives {name, text, … of
-- each}, in any order: how Lua compares texts depends on the server's locale.
local kind = 'note/'
local fields, found = {}, {}
for _, field in ipairs(call('HKEYS', ctl)) do
  if string.sub(field, 1, #kind + #ARGV[1]) == kind .. ARGV[1] then
    fields[#fields + 1] = field
  end
end
for i = 1, #fields, most do
  local some = {unpack(fields, i, math.min(i + most - 1, #fields))}
  for n, value in ipairs(call('HMGET', ctl, unpack(some))) do
    found[#found + 1] = string.sub(some[n], #kind + 1)
    found[#found + 1] = value
  end
end
return found
