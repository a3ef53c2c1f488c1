#!lua flags=no-writes
-- Gives all facts, where there are others than those of a version.
--
-- KEYS  facts, version
-- ARGV  the version
--
-- Answers the version; and where it is another, of each fact its name, and its stamp and itself.
local version = redis.call('GET', KEYS[2]) or ''
if version == ARGV[1] and version ~= '' then return { version } end
return { version, redis.call('HGETALL', KEYS[1]) }
