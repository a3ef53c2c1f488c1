#!lua flags=allow-oom
-- Lets the oldest messages of a channel go, and takes in what a node knows of it better.
--
-- KEYS  epoch, meta, log
-- ARGV  the epoch; messages kept, milliseconds kept; time and count of the newest id that the node
--       knows; and the newest message
--
-- Answers the newest id that is not kept any more, or an empty text.
local epoch = redis.call('GET', KEYS[1]) or ''
local m = redis.call('HMGET', KEYS[2], 'epoch', 't', 's', 'newest', 'lost', 'born')
if epoch ~= ARGV[1] or m[1] ~= epoch then return '' end
local keep, age = tonumber(ARGV[2]), tonumber(ARGV[3])
local t, s = tonumber(ARGV[4]), tonumber(ARGV[5])
local lost = m[5]

if t > tonumber(m[2]) or (t == tonumber(m[2]) and s > tonumber(m[3])) then
  redis.call('HSET', KEYS[2], 't', ARGV[4], 's', ARGV[5])
end
-- Who knows of a message from before the channel was born knows that it was forgotten since.
if ARGV[6] ~= '' and ARGV[6] < m[6] and lost < m[6] then lost = m[6] end
local gone = keep and redis.call('XTRIM', KEYS[3], 'MAXLEN', keep) or 0
if age then
  local time = redis.call('TIME')
  local oldest = string.format('%.0f-0', math.max(time[1] * 1000 - age, 0))
  gone = gone + redis.call('XTRIM', KEYS[3], 'MINID', oldest)
end
if gone > 0 then
  local first = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)[1]
  local past = first and first[2][4] or m[4]
  if past > lost then lost = past end
end
if lost ~= m[5] then redis.call('HSET', KEYS[2], 'lost', lost) end
return lost
