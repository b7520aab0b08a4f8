-- Batches that have come to other partitions go from here. ARGV[1]: the token of the caller, which changes the number of
-- partitions. Then their ids.
local refused = refusal_to_move()
if refused then
  return refused
end
for i = 2, #ARGV do
  local b = load(ARGV[i])
  if b then
    forget(b, body(i - 1))
    add('stored', -b.events)
  end
end
write_changes()
return 1
