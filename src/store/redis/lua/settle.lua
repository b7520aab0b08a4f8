-- Settles leases, each as far as it is the present one.
-- ARGV[6..9]: events and bytes of dead letters at most, '1' to drop the oldest, ms that a batch waits for which there is
-- no room. Then op, id, fence, delay in ms, status, reason of each; op: ack, nack, defer (a nack that counts no attempt),
-- bury, release, extend, bodiless (its payload is missing), no_room (halves that found no memory), unknown (no batch: the
-- caller has just extended every lease that it knows of).
-- Gives {events purged, outcome, outcome, …}: applied, gone, stale, no_room.
local refused = unit_refusal()
if refused then
  return refused
end
local max_dead, max_dead_bytes, drop, no_room_delay = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8] == '1', tonumber(ARGV[9])
local purged = 0
-- Where each ends. One that is there already, by the same lease, was settled by an answer that got lost.
local ends_in = {nack = 'retry', defer = 'retry', bury = 'dead', bodiless = 'dead', release = 'ready', no_room = 'retry'}

-- No dead letter goes for a batch that finds no room even without them. One call drops a few at most, so that a bound
-- that was lowered stops nobody: what finds no room yet finds some later.
local may_drop = drop and most or 0
local function room_for_dead(b)
  if b.events > max_dead or b.bytes > max_dead_bytes then
    return false
  end
  local dead, dead_bytes = totals('dead', 'dead_bytes')
  while dead + b.events > max_dead or dead_bytes + b.bytes > max_dead_bytes do
    local oldest = may_drop > 0 and call('ZRANGE', sets.dead, 0, 0)[1]
    if not oldest then
      return false
    end
    may_drop = may_drop - 1
    local other = load(oldest)
    if other then
      forget(other)
      add('purged', other.events)
      purged = purged + other.events
      dead, dead_bytes = dead - other.events, dead_bytes - other.bytes
    else
      call('ZREM', sets.dead, oldest)
    end
  end
  return true
end

-- Leases of the caller whose deadline has passed: an answer that nobody heard gave them. Nothing is counted.
local function release_unknown()
  for _, id in ipairs(call('ZRANGEBYSCORE', sets.in_flight, '-inf', text(now), 'LIMIT', 0, most)) do
    local b = load(id)
    if b and b.owner == ARGV[1] then
      move(b, 'ready', b.place)
    end
  end
  return 'applied'
end

local function settle(op, id, payload, fence, delay, status, reason)
  if op == 'unknown' then
    return release_unknown()
  end
  local b = load(id)
  if not b then
    return 'gone'
  end
  if b.fence ~= fence or b.state ~= 'in_flight' and b.state ~= ends_in[op] or
     b.state == 'in_flight' and b.owner ~= ARGV[1] then
    return 'stale'
  end
  if b.state ~= 'in_flight' then
    return 'applied'
  end
  if op == 'ack' then
    add_ended(b, 'delivered')
    forget(b, payload)
    add('delivered', b.events)
  elseif op == 'extend' then
    call('ZREM', sets.in_flight, id)
    call('ZADD', sets.in_flight, text(now + delay), id)
  elseif op == 'release' then
    move(b, 'ready', b.place)
  elseif op == 'bodiless' then
    b.reason = 'body_missing'
    bury(b)
  elseif op == 'no_room' then
    move(b, 'retry', now + no_room_delay)
  else
    b.attempts, b.status, b.reason = b.attempts + (op == 'defer' and 0 or 1), status, reason
    if op == 'nack' or op == 'defer' then
      move(b, 'retry', now + delay)
    elseif room_for_dead(b) then
      bury(b)
    else
      move(b, 'retry', now + no_room_delay)
      return 'no_room'
    end
  end
  return 'applied'
end

local outcomes = {0}
for i = 10, #ARGV, 6 do
  outcomes[#outcomes + 1] =
    settle(ARGV[i], ARGV[i + 1], body((i - 4) / 6), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]),
      ARGV[i + 5])
end
outcomes[1] = purged
write_changes()
return outcomes
