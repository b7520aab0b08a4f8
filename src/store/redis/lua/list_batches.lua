-- The batches of this partition that are in a state, in the order of its set. ARGV[1]: the token of the caller, which
-- changes the number of partitions. ARGV[2]: the state. ARGV[3]: how many to pass over. ARGV[4]: how many at most.
-- Gives {how many were looked at, id, place in the set, events, bytes, '1' if nobody has tried it, its place in the queue,
-- record of each}.
local refused = refusal_to_move()
if refused then
  return refused
end
local members = call('ZRANGE', sets[ARGV[2]], ARGV[3], ARGV[3] + ARGV[4] - 1, 'WITHSCORES')
local found = {#members / 2}
for i = 1, #members, 2 do
  local b = load(members[i])
  if b and b.state == ARGV[2] then
    local untried = b.attempts + b.crashes == 0 and '1' or '0'
    for _, member in ipairs({b.id, text(tonumber(members[i + 1])), text(b.events), text(b.bytes), untried,
                             b.place, record_of(b.id)}) do
      found[#found + 1] = member
    end
  end
end
return found
