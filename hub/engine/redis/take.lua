#!lua
-- Takes tokens of an allowance, or none where there are too few.
--
-- KEYS  rate
-- ARGV  tokens a second; most there can be; how many to take
--
-- Answers the milliseconds until there are enough.
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local cost = math.min(tonumber(ARGV[3]), burst)
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local found = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if found[1] then
  tokens = math.min(burst, found[1] + math.max(now - found[2], 0) * rate / 1000)
end
if tokens < cost then return math.ceil((cost - tokens) * 1000 / rate) end
tokens = tokens - cost
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) * 1000 / rate) + 1)
return 0
