#!lua
-- Lets facts hold, or lifts them, and has all nodes know.
--
-- KEYS  facts, version
-- ARGV  the name to publish under; then of each: `set`, `follow` for where nothing newer is kept than who asks
--       knows, or `give` for where nothing is kept that is as new; its name; its stamp, of one that is given, or
--       else that of the one that who asks knows; and itself as JSON, which says in `until` when it ends:
--       without a `value` it is lifted, and that ends too
--
-- Each is kept with its stamp, the time of its change, which is above those of the one before and the one
-- that was known. The version is another with each change.
--
-- Answers of each what is kept then: its stamp and itself.
local live = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local answers, changed = {}, {}
for i = 2, #ARGV, 4 do
  local kind, name, stamp, json = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3]
  local text = redis.call('HGET', KEYS[1], name)
  local last = tonumber(string.match(text or '0', '^%d+'))
  if kind == 'set' or stamp > last or (kind == 'follow' and stamp == last) then
    if kind ~= 'give' then stamp = math.max(now, last + 1, stamp + 1) end
    text = string.format('%.0f', stamp) .. ' ' .. json
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
