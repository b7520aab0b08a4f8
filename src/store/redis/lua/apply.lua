-- A unit of work, or settlements of one that are not its last: settles leases, each as far as it is the present one. Then
-- the caller is alive, the queue gets its fingerprint and pause, due retries become ready, new batches are accepted, and
-- leases are given: to the oldest first. For a caller that only enqueues, new batches are accepted, and nothing else.
-- ARGV[6]: leases at most; '' for nothing but settlements. ARGV[7..9]: their duration in ms, owner_ttl in ms, '1' for one
-- at a time, in order. ARGV[10], [11]: events and bytes that may wait at most. ARGV[12], [13]: the queue's new fingerprint,
-- '1' to pause it or '0' to end its pause; '' for as before. ARGV[14]: the number of this unit of work. ARGV[15]: '1' if the
-- new batches were stored before and forgotten: no bound applies to them, and they go before everything that is ready.
-- ARGV[16]: two lines, why the caller's deliveries are suspended and why the last failure; '' for as before.
-- ARGV[17..20]: events and bytes of dead letters at most, '1' to drop the oldest, ms that a batch waits for which there is
-- no room. ARGV[21]: the number of settlements. Then of each op, id, fence, and but for an ack delay in ms, status, reason;
-- op: ack, nack, defer (a nack that counts no attempt), bury, release, extend, bodiless (its payload is missing), no_room
-- (halves that found no memory), unknown (no batch: the caller has just extended every lease that it knows of).
-- Then id, events, bytes of each new batch, whose bodies the same transaction has set, to expire unless they are accepted
-- here. The payloads in KEYS are those of the settlements, then those of the new batches.
-- Gives {{events purged, outcome of each settlement: applied, gone, stale, no_room}, when the next retry is due or '',
-- `paused` of :ctl, {1 for each new batch that is stored, by this or an earlier call, else 0}, `erased` of :ctl, id, fence,
-- attempts, events, age in ms, … of each lease}.
-- Behind one that is not stored none is, which would overtake it.
local refused, last_unit = unit_refusal()
if refused then
  return refused
end
local incarnation, delivers, looks = ARGV[4], ARGV[3] ~= 'enqueue', ARGV[6] ~= ''
-- It has no session that would be over: by its number a unit shows to come late, by a connection that was given up.
if not delivers and incarnation ~= '' and tonumber(ARGV[14]) <= last_unit then
  return redis.error_reply('SLUICENOTOWNER the caller has sent a later unit of work')
end

local settlements, first_new = {}, 22
local ids = {}
for n = 1, tonumber(ARGV[21]) do
  local i = first_new
  settlements[n], ids[n] = i, ARGV[i + 1]
  first_new = i + (ARGV[i] == 'ack' and 3 or 6)
end
for i = first_new, #ARGV, 3 do
  ids[#ids + 1] = ARGV[i]
end
read_records(ids)

local max_dead, max_dead_bytes, drop, no_room_delay =
  tonumber(ARGV[17]), tonumber(ARGV[18]), ARGV[19] == '1', tonumber(ARGV[20])
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
    write_batches()
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
  write_batches()
  for _, id in ipairs(call('ZRANGEBYSCORE', sets.in_flight, '-inf', now, 'LIMIT', 0, most)) do
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
    put(sets.in_flight, id, now + delay)
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
for n, i in ipairs(settlements) do
  local is_ack = ARGV[i] == 'ack'
  outcomes[n + 1] = settle(ARGV[i], ARGV[i + 1], body(n), tonumber(ARGV[i + 2]), not is_ack and tonumber(ARGV[i + 3]),
    not is_ack and tonumber(ARGV[i + 4]), not is_ack and ARGV[i + 5])
end
outcomes[1] = purged
if not looks then
  write_changes()
  return {outcomes}
end

local slots, deadline = tonumber(ARGV[6]), now + tonumber(ARGV[7])
give_sign(ARGV[1], ARGV[3], ARGV[8])
if incarnation ~= '' then
  call('HSET', incarnations, incarnation .. ':units', ARGV[14])
  if delivers then -- else nobody asks what becomes of its batches
    call('HSET', incarnations, incarnation .. ':token', ARGV[1])
  end
  if last_unit == 0 or math.floor(last_unit / 256) < math.floor(ARGV[14] / 256) then
    call('ZADD', seen, now, incarnation)
  end
end
if ARGV[12] ~= '' then
  call('HSET', ctl, 'fingerprint', ARGV[12])
end
if ARGV[13] ~= '' then
  call('HSET', ctl, 'paused', ARGV[13])
end
if ARGV[16] ~= '' then
  call('HSET', health, ARGV[1], text(now) .. '\n' .. ARGV[16])
end
local paused, erased = '0', '0'
if delivers then
  paused, erased = unpack(call('HMGET', ctl, 'paused', 'erased'))
end
local function next_retry()
  return delivers and call('ZRANGE', sets.retry, 0, 0, 'WITHSCORES')[2] or ''
end
write_batches()
local next_due = next_retry()
if next_due ~= '' and tonumber(next_due) <= now then
  local due = call('ZRANGEBYSCORE', sets.retry, '-inf', now, 'LIMIT', 0, most)
  read_records(due)
  for _, id in ipairs(due) do
    local b = load(id)
    if b then
      move(b, 'ready', b.place)
    else
      call('ZREM', sets.retry, id)
    end
  end
  write_batches()
  next_due = next_retry()
end

-- Those that are accepted stand nowhere yet.
local fresh, is_fresh, outcome = {}, {}, {}
local function accept()
  local restores = ARGV[15] == '1'
  local max_events, max_bytes = tonumber(ARGV[10]), tonumber(ARGV[11])
  if restores then
    max_events, max_bytes = math.huge, math.huge
  end
  local ready, in_flight, retry, bytes_waiting, place =
    totals('ready', 'in_flight', 'retry', 'backlog_bytes', 'next_place')
  local waiting, full = ready + in_flight + retry, false
  local any_split, any_garbage = call('EXISTS', splits) == 1, call('EXISTS', garbage) == 1
  local lowest = restores and call('ZRANGE', sets.ready, 0, 0, 'WITHSCORES')[2]
  if lowest then
    place = tonumber(lowest) - (#ARGV - first_new + 1) / 3 - 1
  end
  for i = first_new, #ARGV, 3 do
    local id, events, bytes = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
    local payload = body(#settlements + (i - first_new) / 3 + 1)
    local stored = 1
    if is_fresh[id] or record_of(id) then
      call('PERSIST', payload)
    elseif any_split and call('HEXISTS', splits, id) == 1 then
      call('UNLINK', payload)
    elseif full or waiting + events > max_events or bytes_waiting + bytes > max_bytes then
      call('UNLINK', payload)
      stored, full = 0, true
    elseif call('PERSIST', payload) == 0 and call('EXISTS', payload) == 0 then
      stored, full = 0, true -- what an earlier try had left has just expired
    else
      place = place + 1
      waiting, bytes_waiting = waiting + events, bytes_waiting + bytes
      fresh[#fresh + 1] = new_batch(id, place, events, bytes, now, 0)
      is_fresh[id] = true
      if any_garbage then
        call('ZREM', garbage, id)
      end
      add('next_place', lowest and 0 or 1)
      add('stored', events)
    end
    outcome[#outcome + 1] = stored
  end
end
if #ARGV >= first_new then
  accept()
end

local given = {outcomes, next_due, paused or '0', outcome, erased or '0'}
local function give(b)
  b.fence, b.owner, slots = b.fence + 1, ARGV[1], slots - 1
  local n = #given
  given[n + 1], given[n + 2], given[n + 3] = b.id, b.fence, b.attempts
  given[n + 4], given[n + 5] = b.events, math.max(now - b.enqueued, 0)
end

-- The process of a shared queue that a partition in order belongs to. To each a number is drawn for it, always the same,
-- and the highest wins: so few partitions change hands when a process comes or goes.
local function drawn()
  local highest, winner = '', ''
  for _, who in ipairs(call('ZRANGE', owners, 0, -1)) do
    local number = redis.sha1hex(who .. ctl)
    if number > highest then
      highest, winner = number, who
    end
  end
  return winner
end
-- Whether the partition is the caller's. What it has not asked for since :ctl `unasked`, for as long as owner_ttl, is
-- anybody's until it asks: it may live, and be unable to deliver.
local function is_callers()
  if ARGV[3] ~= 'multi' then
    return true
  end
  local since = call('HGET', ctl, 'unasked')
  if drawn() == ARGV[1] then
    if since then
      call('HDEL', ctl, 'unasked')
    end
    return true
  end
  if not since then
    call('HSET', ctl, 'unasked', text(now))
  end
  return since and now - tonumber(since) >= tonumber(ARGV[8])
end
local function is_any_in_flight()
  for _, id in ipairs(call('ZRANGE', sets.in_flight, 0, most)) do
    if load(id) then
      return true
    end
    call('ZREM', sets.in_flight, id)
  end
end
if paused == '1' or not delivers then
  slots = 0
elseif ARGV[9] == '1' and slots > 0 then
  local is_any_ready = #fresh > 0 or call('ZRANGE', sets.ready, 0, 0)[1]
  slots = is_any_ready and is_callers() and next_due == '' and not is_any_in_flight() and 1 or 0
end
-- The caller reads their payloads in one round trip, within its time limits.
local most_bytes, bytes_given = 4 * 1024 * 1024, 0
local looked_at, exhausted = 0, false
while slots > 0 and looked_at < most and bytes_given < most_bytes and not exhausted do
  local wanted = math.min(slots, most - looked_at)
  write_batches()
  local oldest = call('ZRANGE', sets.ready, 0, wanted - 1)
  looked_at, exhausted = looked_at + #oldest, #oldest < wanted
  read_records(oldest)
  for _, id in ipairs(oldest) do
    local b = load(id)
    if bytes_given >= most_bytes then
      exhausted = false
      break
    elseif not b then
      call('ZREM', sets.ready, id)
    else
      bytes_given = bytes_given + b.bytes
      give(b)
      move(b, 'in_flight', deadline)
    end
  end
end
slots = exhausted and slots or 0 -- the new ones must not overtake what is left
for _, b in ipairs(fresh) do
  if slots > 0 then
    give(b)
    place_in(b, 'in_flight', deadline)
  else
    place_in(b, 'ready', b.place)
  end
  save(b)
end
write_changes()
return given
