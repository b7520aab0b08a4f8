-- What every script begins with. KEYS[1] is the name of the queue, whose hash tag keeps all its keys together:
--   :b:<id>  the payload             :m       hash id -> record, see `load`
--   :ready   by place                :retry   by due time            :lease  by deadline    :dead  by time of death
--   :stat    totals, in events       :ctl     schema, generation, fingerprint, paused
--   :owner   the one process         :owners  the processes of a shared queue, by heartbeat
--   :sessions  hash token -> the number of its present session; numbers rise with every one
-- ARGV[1..3] of what a process calls: its token, the number of its session, `single` or `multi`.
--
-- Lua is not rolled back: everything is checked before the first write. And the first write is one that is permitted
-- when memory is full: ZREM, never ZADD.
local queue = KEYS[1]
local sets = {ready = queue .. ':ready', in_flight = queue .. ':lease', retry = queue .. ':retry', dead = queue .. ':dead'}
local meta, stat, ctl = queue .. ':m', queue .. ':stat', queue .. ':ctl'
local owner_key, owners, sessions = queue .. ':owner', queue .. ':owners', queue .. ':sessions'
local most = 500

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function text(n)
  return string.format('%.0f', n)
end

local function body(id)
  return queue .. ':b:' .. id
end

-- Why the caller may change nothing, if so: another process has the queue, or the queue is another, or this comes late,
-- by a connection that the caller has given up.
local function refusal()
  if redis.call('HGET', sessions, ARGV[1]) ~= ARGV[2] or
     ARGV[3] == 'single' and redis.call('GET', owner_key) ~= ARGV[1] then
    return redis.error_reply('SLUICENOTOWNER the queue is not owned by the caller')
  end
end

-- Totals are gathered and written once.
local change = {}
local function add(name, n)
  change[name] = (change[name] or 0) + n
end
local function write_totals()
  for name, n in pairs(change) do
    if n ~= 0 then
      redis.call('HINCRBY', stat, name, text(n))
    end
  end
end
local function totals(...)
  local found, names = redis.call('HMGET', stat, ...), {...}
  for i, name in ipairs(names) do
    found[i] = tonumber(found[i] or '0') + (change[name] or 0)
  end
  return unpack(found)
end

-- The record of a batch, or nothing: what is no id of ours is not looked at. The last member may hold spaces.
local function load(id)
  local record = #id <= 128 and string.match(id, '^[%w.-]+$') and redis.call('HGET', meta, id)
  if not record then
    return nil
  end
  local state, place, fence, attempts, crashes, events, bytes, enqueued, owner, status, reason =
    string.match(record, '^(%S+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+) (%d+) (.*)$')
  if not state or not sets[state] then
    return nil
  end
  return {id = id, state = state, place = tonumber(place), fence = tonumber(fence), attempts = tonumber(attempts),
          crashes = tonumber(crashes), events = tonumber(events), bytes = tonumber(bytes), enqueued = tonumber(enqueued),
          owner = owner, status = tonumber(status), reason = reason}
end

local function save(b)
  redis.call('HSET', meta, b.id, string.format('%s %.0f %.0f %.0f %.0f %.0f %.0f %.0f %s %.0f %s', b.state, b.place,
    b.fence, b.attempts, b.crashes, b.events, b.bytes, b.enqueued, b.owner, b.status, b.reason))
end

-- Puts a batch that is nowhere into a state.
local function place_in(b, state, score)
  b.state = state
  redis.call('ZADD', sets[state], text(score), b.id)
  add(state, b.events)
  add(state == 'dead' and 'dead_bytes' or 'backlog_bytes', b.bytes)
end

-- Takes it out of its state; nothing but this decreases a count.
local function take_out(b)
  redis.call('ZREM', sets[b.state], b.id)
  add(b.state, -b.events)
  add(b.state == 'dead' and 'dead_bytes' or 'backlog_bytes', -b.bytes)
end

local function move(b, state, score)
  take_out(b)
  place_in(b, state, score)
  b.owner = state == 'in_flight' and b.owner or '-'
  save(b)
end

local function forget(b)
  take_out(b)
  redis.call('HDEL', meta, b.id)
  redis.call('UNLINK', body(b.id))
end
