#!lua flags=allow-oom
-- Makes known that a node has nobody in some rooms any more, unless somebody has come in since.
--
-- KEYS  at of the node
-- ARGV  each room and its number
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
