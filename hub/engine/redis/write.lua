#!lua
-- Writes something, to see whether Redis keeps what it is given.
--
-- KEYS  a name of the node's own
redis.call('SET', KEYS[1], '', 'PX', 1000)
