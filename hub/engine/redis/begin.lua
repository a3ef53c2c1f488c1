#!lua
-- Begins a dataset where there is none.
--
-- KEYS  epoch
-- ARGV  eight random digits; a time that ids were given out for already
--
-- Answers the epoch: the digits that are in all its ids, and the time at which it began.
local epoch = redis.call('GET', KEYS[1])
if epoch then return epoch end
local time = redis.call('TIME')
local now = math.max(time[1] * 1000 + math.floor(time[2] / 1000), ARGV[2] + 1)
epoch = ARGV[1] .. ':' .. string.format('%.0f', now)
redis.call('SET', KEYS[1], epoch)
return epoch
