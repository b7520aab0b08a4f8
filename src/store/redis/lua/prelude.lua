-- What every script begins with. KEYS are all that it touches, so that a cluster knows where to run it; first those that
-- every script is given. All keys of a partition of a queue begin with its name, whose hash tag keeps them together;
-- what follows speaks of it as of a queue, which it is by itself:
--   :ready   by place                :lease  by deadline    :retry   by due time            :dead  by time of death
--   :m       hash id -> record, see `load`
--   :stat    totals, in events       :ctl     schema, part: the number of this partition, partitions: of how many it is
--   one, or `4>16` while it becomes one of another number, mover: the token of who does that, counted N: partition N has
--   gone and is counted here, ordering: `per_user` or `none`, fingerprint, erased: how many
--   events were erased here, paused: 1, 0, or below zero since when an
--   operator has resumed it, unasked: since when the process that it belongs to in order has not asked for what others
--   would take, note/<name>: a note of the queue, in partition 0
--   :split   hash id -> events, waiting and dead, of the batches that splits have made of it, and that are here
--   :incarnations  hash <incarnation>:units -> the number of its last unit of work; :token -> of its process;
--                  :delivered, :dead -> how many of its events it has ended itself
--   :seen    incarnations, by their last sign, which may be 256 units of work late
--   :elsewhere  <id> <events> of each batch that another process has ended, by id, whose number has 16 digits here; and
--               <id> erased <events>
--   :owner   the one process         :owners  the processes of a shared queue, by heartbeat
--   :sessions  hash token -> the number of its present session; numbers rise with every one
--   :health  hash token -> when the process said how its deliveries go, why they are suspended and why the last failure,
--            each on a line
--   :leases  <token> <id> of each batch in flight
--   :garbage ids of batches that are gone, and whose payloads are to be removed
-- Then the payloads of batches that the caller names, :b:<id>, see `body`. Those of other batches no script can touch.
--
-- ARGV[1..3] of what a process calls: its token, the number of its session, `single`, `multi` or `enqueue`. A process
-- that only enqueues is none of the queue's owners and has no session: it gives the fingerprint of its destination, how
-- it makes its batches, and for how many partitions, as in :ctl.
--
-- Lua is not rolled back: everything is checked before the first write. And the first write is one that is permitted
-- when memory is full: ZREM, never ZADD. Changes of batches are gathered and written together, see `write_batches`: a
-- command costs more than what it does.
local call = redis.call -- to look this up takes as long as a small command
local sets = {ready = KEYS[1], in_flight = KEYS[2], retry = KEYS[3], dead = KEYS[4]}
local meta, stat, ctl, splits, incarnations, seen = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local elsewhere, owner_key, owners, sessions, health = KEYS[11], KEYS[12], KEYS[13], KEYS[14], KEYS[15]
local leases, garbage = KEYS[16], KEYS[17]
local most = 500

local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function text(n)
  return string.format('%.0f', n) -- %d has 32 bits on some systems
end

-- The payload of the n-th batch that the caller names.
local function body(n)
  return KEYS[17 + n]
end

-- Why the caller may change nothing, if so: another process has the queue, or the queue is another, or for another
-- destination, or this comes late, by a connection that the caller has given up.
local function refusal()
  local refused
  if ARGV[3] == 'enqueue' then
    local fingerprint, ordering, partitions = unpack(call('HMGET', ctl, 'fingerprint', 'ordering', 'partitions'))
    refused = (fingerprint or '') .. ' ' .. (ordering or '') .. ' ' .. (partitions or '') ~= ARGV[2]
  else
    refused = call('HGET', sessions, ARGV[1]) ~= ARGV[2] or
              ARGV[3] == 'single' and call('GET', owner_key) ~= ARGV[1]
  end
  if refused then
    return redis.error_reply('SLUICENOTOWNER the queue is not owned by the caller')
  end
end

-- The same for a part of a unit of work. ARGV[4], [5]: the caller's incarnation or '', the number of its last unit that
-- was answered or '0'. Nothing is written, so that the caller hears of it also when this answer gets lost.
-- Gives the error or nothing, and the number of the caller's last unit that the queue knows of.
local function unit_refusal()
  local refused, last = refusal(), 0
  if not refused and ARGV[4] ~= '' then
    last = tonumber(call('HGET', incarnations, ARGV[4] .. ':units') or '0')
    if last < tonumber(ARGV[5]) then
      refused = redis.error_reply('SLUICEWENTBACK the queue is as it was earlier')
    end
  end
  return refused, last
end

-- The same for the caller that changes the number of partitions.
local function refusal_to_move()
  if call('HGET', ctl, 'mover') ~= ARGV[1] then
    return redis.error_reply('ERR another call changes the number of partitions, or has done so')
  end
end

-- The process with this token is alive.
local function give_sign(token, mode, ttl)
  if mode == 'single' then
    call('PEXPIRE', owner_key, ttl)
  else
    call('ZREM', owners, token)
    if mode == 'multi' then
      call('ZADD', owners, now, token)
    end
  end
end

-- What is known of records: their text, or false if there is none. Changes of batches that are not written yet: of the
-- members of sorted sets their scores, or false if they go; ids of records; payloads that go.
local known, members, changed, payloads, any_change = {}, {}, {}, {}, false
local function put(key, member, score)
  local of_key = members[key]
  if not of_key then
    of_key = {}
    members[key] = of_key
  end
  of_key[member], any_change = score, true
end
local function in_bulk(command, key, words)
  for i = 1, #words, 2 * most do
    call(command, key, unpack(words, i, math.min(i + 2 * most - 1, #words)))
  end
end
-- To be called before sorted sets are read.
local function write_batches()
  if not any_change then
    return
  end
  call('ZREM', owners, '') -- is permitted when memory is full, and with it what follows
  for key, scores in pairs(members) do
    local come, go = {}, {}
    for member, score in pairs(scores) do
      if score then
        come[#come + 1], come[#come + 2] = score, member
      else
        go[#go + 1] = member
      end
    end
    in_bulk('ZREM', key, go)
    in_bulk('ZADD', key, come)
  end
  local come, go = {}, {}
  for id in pairs(changed) do
    if known[id] then
      come[#come + 1], come[#come + 2] = id, known[id]
    else
      go[#go + 1] = id
    end
  end
  in_bulk('HDEL', meta, go)
  in_bulk('HSET', meta, come)
  if #payloads > 0 then
    call('UNLINK', unpack(payloads))
  end
  members, changed, payloads, any_change = {}, {}, {}, false
end

-- Counts are gathered, too.
local change, split_change, ended_change, ended_elsewhere = {}, {}, {}, {}
local function add(name, n)
  change[name] = (change[name] or 0) + n
end
-- What is here of every batch that this one is a part of.
local function add_part(id, kind, n)
  local dot = string.find(id, '.', 1, true)
  while dot do
    local whole = string.sub(id, 1, dot - 1)
    local parts = split_change[whole] or {waiting = 0, dead = 0}
    parts[kind] = parts[kind] + n
    split_change[whole] = parts
    dot = string.find(id, '.', dot + 1, true)
  end
end
-- An id as it stands in `elsewhere`, so that the order of bytes is that of numbers.
local function padded(id)
  local incarnation, number, part = string.match(id, '^(%w+)%-(%d+)(.*)$')
  return incarnation and string.format('%s-%016.0f%s', incarnation, tonumber(number), part)
end
-- The events of a batch have come to an end, which counts once, and only as long as somebody may ask.
local tokens = {}
local function add_ended(b, how)
  local dash = b.counted == 0 and string.find(b.id, '-', 1, true)
  if not dash then
    return
  end
  local incarnation = string.sub(b.id, 1, dash - 1)
  tokens[incarnation] = tokens[incarnation] or call('HGET', incarnations, incarnation .. ':token')
  if tokens[incarnation] == ARGV[1] then
    local name = incarnation .. ':' .. how
    ended_change[name] = (ended_change[name] or 0) + b.events
  elseif tokens[incarnation] and ARGV[3] == 'multi' then -- the one before in a queue for one may not ask any more
    ended_elsewhere[#ended_elsewhere + 1] = padded(b.id) .. ' ' .. text(b.events)
  end
end
local function parts_of(id)
  local waiting, dead = string.match(call('HGET', splits, id) or '', '^(%d+) (%d+)$')
  return tonumber(waiting or '0'), tonumber(dead or '0')
end
-- A member of `leases`, which Redis orders by bytes: those of a process are together, and nobody has to look at all.
local function lease_of(b)
  return b.owner .. ' ' .. b.id
end
local function write_changes()
  write_batches()
  for name, n in pairs(change) do
    if n ~= 0 then
      call('HINCRBY', stat, name, n)
    end
  end
  for name, n in pairs(ended_change) do
    call('HINCRBY', incarnations, name, n)
  end
  for _, member in ipairs(ended_elsewhere) do
    call('ZADD', elsewhere, 0, member)
  end
  for id, parts in pairs(split_change) do
    if parts.waiting ~= 0 or parts.dead ~= 0 then
      local waiting, dead = parts_of(id)
      waiting, dead = math.max(waiting + parts.waiting, 0), math.max(dead + parts.dead, 0)
      if waiting + dead == 0 then
        call('HDEL', splits, id)
      else
        call('HSET', splits, id, text(waiting) .. ' ' .. text(dead))
      end
    end
  end
end
local function forget_incarnation(incarnation)
  call('ZREM', seen, incarnation)
  for _, what in ipairs({':units', ':token', ':delivered', ':dead'}) do
    call('HDEL', incarnations, incarnation .. what)
  end
  call('ZREMRANGEBYLEX', elsewhere, '[' .. incarnation .. '-', '(' .. incarnation .. '.')
end
-- A few of those that have given no sign for a week.
local function forget_silent_incarnations()
  local week = 7 * 24 * 3600 * 1000
  for _, incarnation in ipairs(call('ZRANGEBYSCORE', seen, '-inf', now - week, 'LIMIT', 0, 100)) do
    forget_incarnation(incarnation)
  end
end
local function totals(...)
  local found, names = call('HMGET', stat, ...), {...}
  for i, name in ipairs(names) do
    found[i] = tonumber(found[i] or '0') + (change[name] or 0)
  end
  return unpack(found)
end

-- Records are MessagePack, which costs an eighth of what it costs to take text apart.
local function take_apart(record)
  local state, place, fence, attempts, crashes, events, bytes, enqueued, counted, owner, status, reason =
    cmsgpack.unpack(record)
  local _ = place + fence + attempts + crashes + events + bytes + enqueued + counted + status -- they are numbers
  return {state = state, place = place, fence = fence, attempts = attempts, crashes = crashes, events = events,
          bytes = bytes, enqueued = enqueued, counted = counted, owner = owner, status = status, reason = reason}
end
-- What a record says of a batch, or nothing.
local function parse(id, record)
  local is_record, b = pcall(take_apart, record)
  if not is_record or not sets[b.state] or type(b.owner) ~= 'string' or type(b.reason) ~= 'string' then
    return nil
  end
  b.id = id
  return b
end

-- Reads the records of batches at once that the script will look at.
local function read_records(ids)
  for i = 1, #ids, most do
    for n, record in ipairs(call('HMGET', meta, unpack(ids, i, math.min(i + most - 1, #ids)))) do
      known[ids[i + n - 1]] = record
    end
  end
end
local function record_of(id)
  if known[id] == nil then
    known[id] = call('HGET', meta, id)
  end
  return known[id]
end

-- The batch with an id, or nothing: what is no id of ours is not looked at.
local function load(id)
  local record = #id <= 128 and string.match(id, '^[%w.-]+$') and record_of(id)
  return record and parse(id, record) or nil
end

local function save(b)
  known[b.id] = cmsgpack.pack(b.state, b.place, b.fence, b.attempts, b.crashes, b.events, b.bytes, b.enqueued, b.counted,
    b.owner, b.status, b.reason)
  changed[b.id], any_change = true, true
end

-- A new batch. `counted`: 1 if its events have come to an end before.
local function new_batch(id, place, events, bytes, enqueued, counted)
  return {id = id, place = place, fence = 0, attempts = 0, crashes = 0, events = events, bytes = bytes,
          enqueued = enqueued, counted = counted, owner = '-', status = 0, reason = ''}
end

-- Puts a batch that is nowhere into a state.
local function place_in(b, state, score)
  b.state = state
  put(sets[state], b.id, score)
  if state == 'in_flight' then
    put(leases, lease_of(b), 0)
  end
  add(state, b.events)
  add(state == 'dead' and 'dead_bytes' or 'backlog_bytes', b.bytes)
  add_part(b.id, state == 'dead' and 'dead' or 'waiting', b.events)
end

-- Takes it out of its state; nothing but this decreases a count.
local function take_out(b)
  put(sets[b.state], b.id, false)
  if b.state == 'in_flight' then
    put(leases, lease_of(b), false)
  end
  add(b.state, -b.events)
  add(b.state == 'dead' and 'dead_bytes' or 'backlog_bytes', -b.bytes)
  add_part(b.id, b.state == 'dead' and 'dead' or 'waiting', -b.events)
end

local function move(b, state, score)
  take_out(b)
  place_in(b, state, score)
  b.owner = state == 'in_flight' and b.owner or '-'
  save(b)
end

-- `payload`: its key, or nothing if the caller has not named the batch; then the caller removes it afterwards.
local function forget(b, payload)
  take_out(b)
  known[b.id], changed[b.id] = false, true
  if payload then
    payloads[#payloads + 1] = payload
  else
    put(garbage, b.id, 0)
  end
end

-- The batches in flight of a process, `limit` at most (-1: all), and whether there may be more.
local function leased_by(owner, limit)
  write_batches()
  local found = {}
  local all = call('ZRANGEBYLEX', leases, '[' .. owner .. ' ', '(' .. owner .. '!', 'LIMIT', 0, limit)
  for _, member in ipairs(all) do
    local b = load(string.sub(member, #owner + 2))
    if b and b.state == 'in_flight' and b.owner == owner then
      found[#found + 1] = b
    else
      call('ZREM', leases, member)
    end
  end
  return found, #all == limit
end

-- What a script answers of a batch that it has buried by itself.
local function append_burial(answer, b)
  for _, member in ipairs({b.id, text(b.events), b.reason}) do
    answer[#answer + 1] = member
  end
end

local function bury(b)
  add_ended(b, 'dead')
  b.counted = 1
  move(b, 'dead', now)
end
