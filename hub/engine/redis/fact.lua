#!lua
-- Lets facts hold, or lifts them, and has all nodes know.
--
-- KEYS  facts, version
-- ARGV  the name to publish under; the time of who asks; then of each: `set`, `add` for where nothing holds, or
--       `give` for where nothing newer is known; its name; its stamp, of one that is given; and itself as
--       JSON, which says in `until` when it ends: without a `value` it is lifted, and that ends too
--
-- Each is kept with its stamp, the time of its change, which is above that of the one before. The version
-- is another with each change.
--
-- Answers of each what is kept then: its stamp and itself.
local live, date = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function holds(json)
  local fact = cjson.decode(json)
  return fact.value and (not fact['until'] or fact['until'] > date)
end

local answers, changed = {}, {}
for i = 3, #ARGV, 4 do
  local kind, name, stamp, json = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3]
  local text = redis.call('HGET', KEYS[1], name)
  local last, known = string.match(text or '0 ', '^(%d+) (.*)$')
  last = tonumber(last)
  local changes = kind == 'set' or (kind == 'give' and stamp > last)
    or (kind == 'add' and not (text and holds(known)))
  if changes then
    text = string.format('%.0f', stamp or math.max(now, last + 1)) .. ' ' .. json
    redis.call('HSET', KEYS[1], name, text)
    changed[#changed + 1] = text
  end
  answers[#answers + 1] = text
end
if #changed > 0 then
  local version = redis.call('GET', KEYS[2]) or ''
  local newest = string.format('%.0f', math.max(now, (tonumber(version) or 0) + 1))
  redis.call('SET', KEYS[2], newest)
  redis.call('PUBLISH', live, version .. ' ' .. newest .. '\n' .. table.concat(changed, '\n'))
end
return answers
