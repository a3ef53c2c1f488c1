#!lua flags=allow-oom
-- Lets go of facts that have ended.
--
-- KEYS  facts
-- ARGV  the names of some that may have
local time = redis.call('TIME')
local now = time[1] * 1000
for _, name in ipairs(ARGV) do
  local json = string.match(redis.call('HGET', KEYS[1], name) or '', '^%d+ (.*)$')
  local ends = json and cjson.decode(json)['until']
  if ends and ends < now then redis.call('HDEL', KEYS[1], name) end
end
