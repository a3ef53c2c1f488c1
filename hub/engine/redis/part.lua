#!lua flags=no-writes
-- Gives some names of many, and how many all are.
--
-- KEYS  a sorted set
-- ARGV  the name after which they come, or an empty text; how many at most
local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local found = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, ARGV[2])
return { redis.call('ZCARD', KEYS[1]), unpack(found) }
