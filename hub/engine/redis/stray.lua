#!lua flags=allow-oom
-- Has a node reaped that has people in some rooms, where it has no lease.
--
-- KEYS  lease, reaped, and at of the node
-- ARGV  the node; then each room
local DAY = 86400000

local lease, reaped, at = unpack(KEYS)
if redis.call('ZSCORE', lease, ARGV[1]) then return end
redis.call('ZADD', reaped, 'NX', 0, ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', at, 0, ARGV[i]) end
redis.call('PEXPIRE', reaped, DAY)
redis.call('PEXPIRE', at, DAY)
