#!lua flags=no-writes
-- Gives what all living nodes have done.
--
-- KEYS  lease, deeds
--
-- Answers for each: the node, and what it has done.
local found = {}
for _, node in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  found[#found + 1] = node
  found[#found + 1] = redis.call('HGET', KEYS[2], node) or '{}'
end
return found
