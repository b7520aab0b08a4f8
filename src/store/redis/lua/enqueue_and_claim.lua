-- The end of every unit of work: the caller is alive, the queue gets its fingerprint and pause, due retries become ready,
-- new batches are accepted, and leases are given: to the oldest first. For a caller that only enqueues, new batches are
-- accepted, and nothing else.
-- ARGV[6..9]: leases at most, their duration in ms, owner_ttl in ms, '1' for one at a time, in order.
-- ARGV[10], [11]: events and bytes that may wait at most. ARGV[12], [13]: the queue's new fingerprint, '1' to pause it or
-- '0' to end its pause; '' for as before. ARGV[14]: the number of this unit of work. ARGV[15]: '1' if the new batches were
-- stored before and forgotten: no bound applies to them, and they go before everything that is ready. ARGV[16]: two lines,
-- why the caller's deliveries are suspended and why the last failure; '' for as before. Then id, events, bytes of each new
-- batch, whose bodies the same transaction has set, to expire unless they are accepted here.
-- Gives {when the next retry is due or '', `paused` of :ctl, {1 for each that is stored, by this or an earlier
-- call, else 0}, id, fence, attempts, events, age in ms, … of each lease}.
-- Behind one that is not stored none is, which would overtake it.
local refused, last_unit = unit_refusal()
if refused then
  return refused
end
local incarnation, delivers = ARGV[4], ARGV[3] ~= 'enqueue'
-- It has no session that would be over: by its number a unit shows to come late, by a connection that was given up.
if not delivers and incarnation ~= '' and tonumber(ARGV[14]) <= last_unit then
  return redis.error_reply('SLUICENOTOWNER the caller has sent a later unit of work')
end
local slots, deadline = tonumber(ARGV[6]), now + tonumber(ARGV[7])
give_sign(ARGV[1], ARGV[3], ARGV[8])
if incarnation ~= '' then
  call('HSET', incarnations, incarnation .. ':units', ARGV[14])
  if delivers then -- else nobody asks what becomes of its batches
    call('HSET', incarnations, incarnation .. ':token', ARGV[1])
  end
  if last_unit == 0 or math.floor(last_unit / 256) < math.floor(ARGV[14] / 256) then
    call('ZADD', seen, text(now), incarnation)
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
local paused = delivers and call('HGET', ctl, 'paused') or '0'
local function next_retry()
  return delivers and call('ZRANGE', sets.retry, 0, 0, 'WITHSCORES')[2] or ''
end
local next_due = next_retry()
if next_due ~= '' and tonumber(next_due) <= now then
  for _, id in ipairs(call('ZRANGEBYSCORE', sets.retry, '-inf', text(now), 'LIMIT', 0, most)) do
    local b = load(id)
    if b then
      move(b, 'ready', b.place)
    else
      call('ZREM', sets.retry, id)
    end
  end
  next_due = next_retry()
end

-- Those that are accepted stand nowhere yet.
local fresh, is_fresh, outcome = {}, {}, {}
local function accept(first)
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
    place = tonumber(lowest) - (#ARGV - first + 1) / 3 - 1
  end
  for i = first, #ARGV, 3 do
    local id, events, bytes = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
    local payload = body((i - first) / 3 + 1)
    local stored = 1
    if is_fresh[id] or call('HEXISTS', meta, id) == 1 then
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
if #ARGV > 16 then
  accept(17)
end

local given = {next_due, paused, outcome}
local function give(b)
  b.fence, b.owner, slots = b.fence + 1, ARGV[1], slots - 1
  local n = #given
  given[n + 1], given[n + 2], given[n + 3] = b.id, text(b.fence), text(b.attempts)
  given[n + 4], given[n + 5] = text(b.events), text(math.max(now - b.enqueued, 0))
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
local looked_at, exhausted = 0, false
while slots > 0 and looked_at < most and not exhausted do
  local wanted = math.min(slots, most - looked_at)
  local oldest = call('ZRANGE', sets.ready, 0, wanted - 1)
  looked_at, exhausted = looked_at + #oldest, #oldest < wanted
  for _, id in ipairs(oldest) do
    local b = load(id)
    if not b then
      call('ZREM', sets.ready, id)
    else
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
