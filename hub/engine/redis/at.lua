#!lua
-- Makes known that a node has people in some rooms, where its lease has not been lost.
--
-- KEYS  lease, and at of the node
-- ARGV  the node; then each room and a number, above all before
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
for i = 2, #ARGV, 2 do redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[2], 86400000)
return 1
