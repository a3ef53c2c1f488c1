-- Keeps and tells what some people say in one room, or in some inboxes, and who comes into that room or
-- leaves it: all of it, in its order, or nothing. It has been done already where its number is not
-- above the last one of the same caller.
--
-- KEYS  epoch, call; then of each channel: meta, log, ref0, ref1; and of a room, where anybody comes or
--       goes: who, names, untold, counted, and with what `here` and `gone` of each node begin
-- ARGV  the epoch, the twelve digits in the middle of ids, the call's number, messages kept, milliseconds kept, how many channels;
--       then of each channel: the name to publish under, and the time and count of the newest id known;
--       then of each step: kind, channels, ref, and the text before and after the id
--
-- A kind is `chat`, which is kept; `delete`, which is kept, and takes back the message whose id in the
-- stream is its `ref`; `clear`, the same for all before it; `told`, a notice with an id in its text; `room` and `taken`, ones
-- without;
-- `typing`, one that nobody misses, and that is told once where others of the same `ref`, a key, come
-- soon; or `enter`, `leave` and `census`, whose `ref` is the node, how many people are told of, a name
-- (of a census the room's), the person's key, and what is shown instead of their name, with tabs between.
--
-- Answers `-` and the epoch where that is another; else a line for each step: its id, where it was
-- told; and behind that the text where it had been said before, `-` where that has been taken back since, or what `attend.lua` says. Where
-- anybody came in, there is one more line: how many are there, and the first names, with tabs between.
local RECENT, CALL, UNSAID, MARGIN, WRITING = 300000, 60000, 86400000, 3600000, 2900
local MOST = 32768
local DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

local epoch = redis.call('GET', KEYS[1]) or ''
if epoch ~= ARGV[1] then return '-' .. epoch end
local number = tonumber(ARGV[3])
local done = redis.call('GET', KEYS[2])
if done then
  local last, answer = string.match(done, '^(%d+)\n(.*)$')
  if number <= tonumber(last) then return answer end
end

local middle, created = ARGV[2], tonumber(string.sub(epoch, 10))
local keep, age = tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function digits(value, count)
  local text = ''
  for _ = 1, count do
    local digit = value % 32
    text = string.sub(DIGITS, digit + 1, digit + 1) .. text
    value = (value - digit) / 32
  end
  return text
end

-- The last digit is for places between two ids, which nodes give without asking.
local heads = {}
local function place(t, s)
  local head = heads[t]
  if not head then
    head = digits(t, 10) .. middle
    heads[t] = head
  end
  return head .. digits(s, 3) .. '0'
end

local function streamed(t, s)
  return string.format('%.0f-%d', t, s)
end

local function is_chat(text)
  return string.sub(text, 1, 14) == '{"type":"chat"'
end

local KEPT = { chat = true, delete = true, clear = true }

local function exists(channel)
  return redis.call('EXISTS', channel.log) == 1
end

local channels = {}
local at = 7
for i = 1, tonumber(ARGV[6]) do
  local key = 3 + (i - 1) * 4
  local channel = {
    meta = KEYS[key], log = KEYS[key + 1], refs = { [0] = KEYS[key + 2], KEYS[key + 3] },
    live = ARGV[at], out = {},
  }
  local t, s = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  at = at + 3
  local m = redis.call('HMGET', channel.meta, 'epoch', 't', 's', 'newest', 'lost', 'count', 'notices',
    'born', 'floor', 'period')
  if m[1] == epoch then
    channel.t, channel.s, channel.newest, channel.lost = tonumber(m[2]), tonumber(m[3]), m[4], m[5]
    channel.count, channel.notices = tonumber(m[6]), tonumber(m[7])
    channel.born, channel.floor, channel.period = m[8], m[9], tonumber(m[10])
    channel.prev = place(channel.t, channel.s)
    if channel.newest > channel.lost and not exists(channel) then channel.lost = channel.newest end
    -- What somebody was told may be ahead of this, where Redis has forgotten the last moments.
    if t > channel.t or (t == channel.t and s > channel.s) then channel.t, channel.s = t, s end
  else
    redis.call('DEL', channel.meta, channel.log, channel.refs[0], channel.refs[1])
    channel.t, channel.s = math.max(now - 1, created, t + 1), MOST - 1
    channel.newest, channel.lost, channel.count, channel.notices = '', '', 0, 0
    channel.born, channel.period, channel.prev = place(channel.t, channel.s), 0, ''
    channel.floor = age and now - age > created and place(now - age, 0) or ''
  end
  -- Of two periods of five minutes, each has its hash; whatever an older one left goes.
  local period = math.floor(math.max(now, channel.t) / RECENT)
  if period > channel.period then
    redis.call('DEL', channel.refs[period % 2])
    if period > channel.period + 1 then redis.call('DEL', channel.refs[(period + 1) % 2]) end
    channel.period = period
  end
  channel.older = redis.call('EXISTS', channel.refs[(period + 1) % 2]) == 1
  channels[i] = channel
end

local function find(channel, ref, before, after)
  local id = redis.call('HGET', channel.refs[channel.period % 2], ref)
    or channel.older and redis.call('HGET', channel.refs[(channel.period + 1) % 2], ref)
  if not id then return nil end
  local t, s = string.match(id, '^(%d+)-(%d+)$')
  if math.max(now, channel.t) - t > RECENT then return nil end
  local found = redis.call('XRANGE', channel.log, id, id)[1]
  local said = place(tonumber(t), tonumber(s))
  -- What is newer than all that was let go has been taken back.
  if not found and said > channel.lost then return said .. '-' end
  -- It may have been let go already: then only its id is left of it.
  return said .. (found and found[2][6] or before .. said .. after)
end

-- Has a text told in some channels. One id is for all of them, above whatever was given in any.
local function tell(kind, among, before, after)
  local t, s = now, -1
  for _, channel in ipairs(among) do
    if channel.t > t or (channel.t == t and channel.s > s) then t, s = channel.t, channel.s end
  end
  s = s + 1
  if s == MOST then t, s = t + 1, 0 end
  local id = place(t, s)
  local text = (KEPT[kind] or kind == 'told') and before .. id .. after or before
  for _, channel in ipairs(among) do
    channel.t, channel.s = t, s
    if KEPT[kind] then
      channel.count = channel.count + 1
      redis.call('XADD', channel.log, streamed(t, s), 'n', channel.count, 'p', channel.newest, 'm', text)
      channel.newest, channel.said = id, true
    elseif kind ~= 'typing' then
      channel.notices = channel.notices + 1
    end
    channel.out[#channel.out + 1] = id .. text
  end
  return id
end

local function say(among, ref, before, after)
  if ref == '' then return tell('chat', among, before, after) end
  local again = find(among[1], ref, before, after)
  if again then return again end
  local id = tell('chat', among, before, after)
  local refs = among[1].refs[among[1].period % 2]
  redis.call('HSET', refs, ref, streamed(among[1].t, among[1].s))
  among[1].remembered = refs
  return id
end

local function take_back(kind, channel, at)
  if kind == 'clear' then
    redis.call('XTRIM', channel.log, 'MAXLEN', 0)
    channel.newest = ''
    return
  end
  local found = redis.call('XRANGE', channel.log, at, at)[1]
  if not found or not is_chat(found[2][6]) then return end
  redis.call('XDEL', channel.log, at)
  if string.find(found[2][6], ',"id":"' .. channel.newest .. '"', 1, true) then channel.newest = found[2][4] end
end

local there, entered
if KEYS[3 + 4 * #channels] then
  local who, names, untold, counted, here, gone = unpack(KEYS, 3 + 4 * #channels)
  there = { who = who, names = names, untold = untold, counted = counted, here = here, gone = gone }
end

local function come_or_go(kind, among, ref, before, after)
  local node, announce, name, key, shown = string.match(ref, '^(.-)\t(.-)\t(.-)\t(.-)\t(.*)$')
  entered = entered or kind == 'enter'
  local told, rest = attend[kind](there, node, tonumber(announce), name, key, shown)
  if not told then return rest end
  return (told == true and tell('told', among, before, after) or tell('room', among, told)) .. rest
end

local answers = {}
for step = at, #ARGV, 5 do
  local kind, ref, before, after = ARGV[step], ARGV[step + 2], ARGV[step + 3], ARGV[step + 4]
  local among = {}
  for index in string.gmatch(ARGV[step + 1], '%d+') do
    among[#among + 1] = channels[tonumber(index)]
  end
  local answer
  if kind == 'chat' then
    answer = say(among, ref, before, after)
  elseif KEPT[kind] then
    take_back(kind, among[1], ref)
    answer = tell(kind, among, before, after)
  elseif attend[kind] then
    answer = come_or_go(kind, among, ref, before, after)
  elseif ref == '' or redis.call('SET', ref, '', 'NX', 'PX', WRITING) then
    answer = tell(kind, among, before, after)
  else
    answer = ''
  end
  answers[#answers + 1] = answer
end
if entered then answers[#answers + 1] = roster(there) end

for _, channel in ipairs(channels) do
  if channel.remembered then redis.call('PEXPIRE', channel.remembered, 2 * RECENT) end
  if channel.said then
    local gone = keep and redis.call('XTRIM', channel.log, 'MAXLEN', keep) or 0
    if age then
      gone = gone + redis.call('XTRIM', channel.log, 'MINID', streamed(math.max(now - age, 0), 0))
      redis.call('PEXPIRE', channel.log, age)
    end
    if gone > 0 then
      local first = redis.call('XRANGE', channel.log, '-', '+', 'COUNT', 1)[1]
      channel.lost = first and first[2][4] or channel.newest
    end
  end
  if #channel.out > 0 then
    redis.call('HSET', channel.meta, 'epoch', epoch, 't', string.format('%.0f', channel.t),
      's', channel.s, 'newest', channel.newest, 'lost', channel.lost, 'count', channel.count,
      'notices', channel.notices, 'born', channel.born, 'floor', channel.floor,
      'period', channel.period)
    if channel.newest == '' then
      redis.call('PEXPIRE', channel.meta, UNSAID)
    elseif age then
      redis.call('PEXPIRE', channel.meta, age + MARGIN)
    else
      redis.call('PERSIST', channel.meta)
    end
    local head = table.concat({ channel.prev, place(channel.t, channel.s), channel.lost, channel.notices }, ' ')
    redis.call('PUBLISH', channel.live, head .. '\n' .. table.concat(channel.out, '\n'))
  end
end

local answer = table.concat(answers, '\n')
redis.call('SET', KEYS[2], string.format('%.0f', number) .. '\n' .. answer, 'PX', CALL)
return answer
