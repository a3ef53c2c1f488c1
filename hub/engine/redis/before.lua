#!lua flags=no-writes
-- Gives the id of the message before the newest ones of a channel, or an empty text. What takes
-- messages back is none.
--
-- KEYS  log
-- ARGV  how many messages
local CHUNK = 200

local left, to = tonumber(ARGV[1]), '+'
while true do
  local found = redis.call('XREVRANGE', KEYS[1], to, '-', 'COUNT', CHUNK)
  for _, entry in ipairs(found) do
    local text = entry[2][6]
    if string.sub(text, 1, 14) == '{"type":"chat"' then
      if left == 0 then return string.match(text, ',"id":"(%w+)"') end
      left = left - 1
    end
    to = '(' .. entry[1]
  end
  if #found < CHUNK then return '' end
end
