#!lua flags=allow-oom
-- Prolongs the lease of a node, and looks whose has ended.
--
-- KEYS  lease, reaped, deeds, and at of the node
-- ARGV  the node; milliseconds that a lease lasts; what the node has done; `first` where it has none yet;
--       when its lease ends, where it may say that others are dead: that it has been prolonged since
--       shows that this has been done already, as where Redis stopped while it was repeated; then the
--       dead nodes it is reaping
--
-- Answers `held`; `late` where its lease had ended, and nobody had noticed; or `lost` where somebody
-- had. Then when it ends now; and the dead nodes that it is to reap now: nobody else is told of these for as long as a lease.
local DAY, MOST = 86400000, 10

local lease, reaped, deeds, at = unpack(KEYS)
local node, milliseconds = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = string.format('%.0f', now + milliseconds)

local own = redis.call('ZSCORE', lease, node)
if not own and ARGV[4] == '' then return { 'lost' } end
local late = own and tonumber(own) <= now
redis.call('ZADD', lease, ends, node)
redis.call('HSET', deeds, node, ARGV[3])
for i = 6, #ARGV do redis.call('ZADD', reaped, 'XX', ends, ARGV[i]) end

local dead = {}
if ARGV[5] == own and not late then
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', lease, '-inf', now, 'LIMIT', 0, MOST)) do
    redis.call('ZREM', lease, other)
    redis.call('HDEL', deeds, other)
    redis.call('ZADD', reaped, 0, other)
  end
  dead = redis.call('ZRANGEBYSCORE', reaped, '-inf', now, 'LIMIT', 0, MOST)
  for _, other in ipairs(dead) do redis.call('ZADD', reaped, ends, other) end
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, DAY) end
return { late and 'late' or 'held', ends, unpack(dead) }
