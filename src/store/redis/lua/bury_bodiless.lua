-- Buries the ready batches whose payloads are missing. ARGV[6…]: the ids of the batches that the caller names.
-- Gives id, events, reason, … of each that was buried.
local refused = unit_refusal()
if refused then
  return refused
end
local answer = {}
for n = 1, #ARGV - 5 do
  local b = call('EXISTS', body(n)) == 0 and load(ARGV[5 + n])
  if b and b.state == 'ready' then
    b.reason = 'body_missing'
    bury(b)
    append_burial(answer, b)
  end
end
write_changes()
return answer
