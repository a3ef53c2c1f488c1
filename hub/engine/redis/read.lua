#!lua flags=no-writes
-- Reads how a channel stands, and some of its messages.
--
-- KEYS  epoch, meta, log
-- ARGV  `forward` or `back`; the first and the last stream id; at most so many messages, and bytes
--
-- Answers the epoch and the time; and where there is such a channel: time and count of its newest id,
-- newest, lost, count, notices, born, floor, whether these are all, the number of the oldest, and texts.
local CHUNK = 100

local epoch = redis.call('GET', KEYS[1]) or ''
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local m = redis.call('HMGET', KEYS[2], 'epoch', 't', 's', 'newest', 'lost', 'count', 'notices', 'born',
  'floor')
if m[1] ~= epoch then return { epoch, now } end
if m[4] > m[5] and redis.call('EXISTS', KEYS[3]) == 0 then m[5] = m[4] end

local forward = ARGV[1] == 'forward'
local from, to = ARGV[2], ARGV[3]
local limit, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local texts, bytes, whole, oldest = {}, 0, 1, ''
local wanted = limit > 0
while wanted do
  local count = math.min(limit + 1 - #texts, CHUNK)
  local found = forward and redis.call('XRANGE', KEYS[3], from, to, 'COUNT', count)
    or redis.call('XREVRANGE', KEYS[3], to, from, 'COUNT', count)
  wanted = #found == count
  for _, entry in ipairs(found) do
    local text = entry[2][6]
    bytes = bytes + #text
    if #texts == limit or (#texts > 0 and bytes > most) then
      whole, wanted = 0, false
      break
    end
    texts[#texts + 1] = text
    if oldest == '' or not forward then oldest = entry[2][2] end
    if forward then from = '(' .. entry[1] else to = '(' .. entry[1] end
  end
end
return { epoch, now, m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], whole, oldest, texts }
