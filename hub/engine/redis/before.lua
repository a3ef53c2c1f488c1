#!lua flags=no-writes
-- Gives the place before the newest messages of a channel, or an empty text.
--
-- KEYS  log
-- ARGV  how many messages
local found = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', ARGV[1])
if #found < tonumber(ARGV[1]) then return '' end
return found[#found][2][4]
