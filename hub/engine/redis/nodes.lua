#!lua flags=no-writes
-- Gives the nodes that have some of those who are in a channel, whom chance names: a few do for a
-- big room as well, because whoever takes one of a dead node's people out takes all of them out.
--
-- KEYS  who
-- ARGV  how many people
local found, seen, nodes = redis.call('HRANDFIELD', KEYS[1], ARGV[1], 'WITHVALUES'), {}, {}
for i = 2, #found, 2 do
  for node in string.gmatch('\n' .. found[i], '\n([^\t\n]+)\t') do
    if not seen[node] then
      seen[node] = true
      nodes[#nodes + 1] = node
    end
  end
end
return nodes
