#!lua
-- Gives a channel back what nodes have heard, and Redis has lost: in its place, with its id. What was taken
-- back is not given back, and what takes something back does so again.
--
-- KEYS  epoch, meta, log, ref0, ref1
-- ARGV  the epoch; the name to publish under; milliseconds kept; the id of the message before the first,
--       `?` where that is not known, or does not matter; the place before the first; then of each message,
--       oldest first: its id, its id in the stream, its ref, and its text
--
-- Answers how many were missing, and 1 where the oldest of them was; or -1 where there is no such channel,
-- and it is not known whether it begins with these.
local RECENT, MOST = 300000, 5000
local DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

local epoch, prev, past = ARGV[1], ARGV[4], ARGV[5]
if redis.call('GET', KEYS[1]) ~= epoch then return { 0, 0 } end
local m = redis.call('HMGET', KEYS[2], 'epoch', 't', 's', 'newest', 'lost', 'count', 'notices', 'born',
  'period')
if m[1] ~= epoch then
  if prev == '?' then return { -1, 0 } end
  local t = string.match(ARGV[7], '^%d+')
  m = { epoch, 0, 0, '', prev == '' and '' or past, 0, 0, past, math.floor(t / RECENT) }
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
  redis.call('HSET', KEYS[2], 'epoch', epoch, 't', 0, 's', 0, 'newest', '', 'lost', m[5], 'count', 0, 'notices', 0,
    'born', past, 'floor', past, 'period', m[9])
  if ARGV[3] ~= '' then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
end
local newest, lost = m[4], m[5]
-- Of a stream that is gone as a whole, the newest messages are not kept alone.
if newest > lost and redis.call('EXISTS', KEYS[3]) == 0 then return { 0, 0 } end
local refs = { [0] = KEYS[4], KEYS[5] }
local period = tonumber(m[9]) % 2

local missing = {}
for i = 6, #ARGV, 4 do
  local id, at, ref = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = id <= lost or id <= m[8] or #redis.call('XRANGE', KEYS[3], at, at) > 0
  -- It has been said again meanwhile.
  known = known or ref ~= '' and (redis.call('HGET', refs[0], ref) or redis.call('HGET', refs[1], ref))
  if not known then missing[#missing + 1] = { id = id, at = at, ref = ref, text = ARGV[i + 3] } end
end
if #missing == 0 then return { 0, 0 } end

-- A stream only grows at its end: what is newer is taken out, and put behind.
local after = redis.call('XRANGE', KEYS[3], missing[1].at, '+', 'COUNT', MOST)
if #after == MOST then
  -- That would keep everybody waiting for too long: what is missing is lost.
  local last = missing[#missing]
  redis.call('HSET', KEYS[2], 'lost', last.id)
  redis.call('XTRIM', KEYS[3], 'MINID', last.at)
  return { 0, 0 }
end

local function idOf(text)
  return string.match(text, ',"id":"(%w+)"')
end

local function number_of(digits)
  local number = 0
  for i = 1, #digits do number = number * 32 + string.find(DIGITS, string.sub(digits, i, i), 1, true) - 1 end
  return number
end

local all = {}
for _, entry in ipairs(missing) do all[#all + 1] = entry end
for _, entry in ipairs(after) do
  all[#all + 1] = { id = idOf(entry[2][6]), at = entry[1], text = entry[2][6], isHere = true }
end
table.sort(all, function(a, b) return a.id < b.id end)

local taken, cleared = {}, ''
for _, entry in ipairs(all) do
  entry.re = string.match(entry.text, '^{"type":"delete","re":"(%w+)"')
  entry.clears = string.sub(entry.text, 1, 15) == '{"type":"clear"'
  if entry.re then taken[entry.re] = true end
  if entry.clears then cleared = entry.id end
end
local function is_left(entry)
  return entry.id >= cleared and (entry.re or entry.clears or not taken[entry.id])
end
local left, given = {}, {}
for _, entry in ipairs(all) do
  if is_left(entry) then
    left[#left + 1] = entry
    if not entry.isHere then given[#given + 1] = entry end
  end
end
local more = missing[1].id == ARGV[6] and 1 or 0
if #given == 0 then return { 0, more } end

for _, entry in ipairs(after) do redis.call('XDEL', KEYS[3], entry[1]) end
for _, entry in ipairs(given) do
  if entry.clears then redis.call('XTRIM', KEYS[3], 'MINID', entry.at) end
  if entry.re then
    local at = string.format('%.0f-%d', number_of(string.sub(entry.re, 1, 10)), number_of(string.sub(entry.re, 23, 25)))
    local found = redis.call('XRANGE', KEYS[3], at, at)[1]
    if found and string.sub(found[2][6], 1, 14) == '{"type":"chat"' then redis.call('XDEL', KEYS[3], at) end
  end
end
local base = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
if #after > 0 then redis.call('XSETID', KEYS[3], base and base[1] or '0-0') end

if given[1].id == ARGV[6] and prev ~= '?' and prev > (base and idOf(base[2][6]) or lost) then
  -- More is missing than anybody has heard lately.
  lost = past
  redis.call('HSET', KEYS[2], 'lost', lost)
  redis.call('XTRIM', KEYS[3], 'MINID', given[1].at)
  base = nil
end

local number = base and tonumber(base[2][2]) or m[6] - #after
newest = base and idOf(base[2][6]) or lost
for _, entry in ipairs(left) do
  number = number + 1
  redis.call('XADD', KEYS[3], entry.at, 'n', number, 'p', entry.clears and '' or newest, 'm', entry.text)
  newest = entry.id
end
if ARGV[3] ~= '' then redis.call('PEXPIRE', KEYS[3], ARGV[3]) end

local lines = {}
for _, entry in ipairs(given) do
  if entry.ref ~= '' then redis.call('HSET', refs[period], entry.ref, entry.at) end
  lines[#lines + 1] = entry.id .. entry.text
end
if redis.call('EXISTS', refs[period]) == 1 then redis.call('PEXPIRE', refs[period], 2 * RECENT) end

local t, s = string.match(left[#left].at, '^(%d+)-(%d+)$')
if tonumber(t) > tonumber(m[2]) or (tonumber(t) == tonumber(m[2]) and tonumber(s) > tonumber(m[3])) then
  redis.call('HSET', KEYS[2], 't', t, 's', s)
end
redis.call('HSET', KEYS[2], 'newest', newest, 'count', number)
redis.call('PUBLISH', ARGV[2], table.concat({ '', newest, lost, m[7], '+' }, ' ') .. '\n' .. table.concat(lines, '\n'))
return { #given, more }
