#!lua flags=allow-oom
-- Gives some of those whom a node has in a channel, and takes nobody in for it any more.
--
-- KEYS  who, here and gone of the node
-- ARGV  how many at most
--
-- Answers for each: their key, and the lines that `who` has of them.
redis.call('SET', KEYS[3], '', 'PX', 600000)
local keys = redis.call('SRANDMEMBER', KEYS[2], ARGV[1])
if #keys == 0 then return {} end
local lines = redis.call('HMGET', KEYS[1], unpack(keys))
local found = {}
for i, key in ipairs(keys) do
  found[#found + 1] = key
  found[#found + 1] = lines[i] or ''
end
return found
