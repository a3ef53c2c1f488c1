#!lua flags=allow-oom
-- Gives those whom a node has in a channel, and has all that is known of who is there last another day.
--
-- KEYS  who, names, here of the node
-- ARGV  the node
--
-- Answers for each: their key, and the lines that `who` has of them.
local DAY, CHUNK = 86400000, 1000

for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, DAY) end
local keys, found = redis.call('SMEMBERS', KEYS[3]), {}
for first = 1, #keys, CHUNK do
  local last = math.min(first + CHUNK - 1, #keys)
  local all = redis.call('HMGET', KEYS[1], unpack(keys, first, last))
  for i = first, last do
    local lines = all[i - first + 1]
    if lines and string.find('\n' .. lines, '\n' .. ARGV[1] .. '\t', 1, true) then
      found[#found + 1] = keys[i]
      found[#found + 1] = lines
    end
  end
end
return found
