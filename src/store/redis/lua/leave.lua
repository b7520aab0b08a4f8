-- The caller ends in order: its leases go back to their places, nothing counted, and others need not wait. ARGV[4]: its
-- incarnation or '', for which nobody asks any more.
local refused = refusal()
if refused then
  return refused
end
for _, b in ipairs((leased_by(ARGV[1], -1))) do
  move(b, 'ready', b.place)
end
call('ZREM', owners, ARGV[1])
if ARGV[4] ~= '' then
  forget_incarnation(ARGV[4])
end
call('HDEL', sessions, ARGV[1])
call('HDEL', health, ARGV[1])
if ARGV[3] == 'single' then
  call('DEL', owner_key)
end
write_changes()
return 1
