-- Some batches of every state. ARGV[1]: '0', or the cursor that the call before gave. ARGV[2]: about how many.
-- Gives {the next cursor, '0' if there are no more, id, events, fence, '1' if it is in flight, … of each}. A batch that is
-- here all the time comes at least once.
local page = call('HSCAN', meta, ARGV[1], 'COUNT', ARGV[2])
local found = {page[1]}
for i = 1, #page[2], 2 do
  local b = parse(page[2][i], page[2][i + 1])
  if b then
    for _, member in ipairs({b.id, text(b.events), text(b.fence), b.state == 'in_flight' and '1' or '0'}) do
      found[#found + 1] = member
    end
  end
end
return found
