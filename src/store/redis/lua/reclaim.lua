-- Leases that no process can settle any more go back to their place, and a crash is counted; past ARGV[5] of them a batch
-- is poison. Those are: of a queue with one owner, all that are not the caller's; of a shared one, those whose
-- deadline has passed or whose owner has given no sign for ARGV[4] ms.
-- Gives {1 if there may be more, else 0; id, events, reason, … of each that is poison}.
local refused = refusal()
if refused then
  return refused
end
local token, ttl, max_crashes = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5])
local answer, may_take = {0}, most

local function take_back(b)
  may_take, b.crashes = may_take - 1, b.crashes + 1
  if b.crashes <= max_crashes then
    return move(b, 'ready', b.place)
  end
  b.reason = 'poison: in flight at every one of many crashes'
  bury(b)
  append_burial(answer, b)
end

-- Of leases in the order of their deadlines, the first `count` with a deadline until then.
local function take_back_until(deadline, count, spared)
  local ids = call('ZRANGEBYSCORE', sets.in_flight, '-inf', deadline, 'LIMIT', 0, count)
  for _, id in ipairs(ids) do
    local b = load(id)
    if not b then
      call('ZREM', sets.in_flight, id)
    elseif b.owner ~= spared and may_take > 0 then
      take_back(b)
    end
  end
  return #ids == count and may_take < most
end

local more
if ARGV[3] == 'single' then
  more = take_back_until('+inf', most + call('ZLEXCOUNT', leases, '[' .. token .. ' ', '(' .. token .. '!'), token)
else
  more = take_back_until(text(now), most)
  local silent = call('ZRANGEBYSCORE', owners, '-inf', text(now - ttl), 'LIMIT', 0, most)
  more = more or #silent == most
  for _, who in ipairs(silent) do
    local found, unseen = leased_by(who, math.max(may_take, 1))
    for _, b in ipairs(found) do
      if may_take > 0 then
        take_back(b)
      end
    end
    if unseen then
      more = true
      break
    end
    call('ZREM', owners, who)
    call('HDEL', sessions, who)
    call('HDEL', health, who)
  end
end
write_changes()
forget_silent_incarnations()
answer[1] = more and 1 or 0
return answer
