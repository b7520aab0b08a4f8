-- Payloads that no batch needs any more are removed, unless such a batch has been stored again meanwhile. ARGV: the ids of
-- the batches that the caller names.
for n, id in ipairs(ARGV) do
  if call('ZREM', garbage, id) == 1 then
    call('UNLINK', body(n))
  end
end
return 1
