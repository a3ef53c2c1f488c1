#!lua
-- Keeps how some people are connected to a node, and how their names look. Doing it again changes
-- nothing.
--
-- KEYS  who, names, here, gone and shown of the node
-- ARGV  with what the keys of looks begin; the node; the number of the call, or an empty text; then of each person: `come` where they are refused
--       if their name looks like another's; their key; and when their oldest connection began,
--       how many they have, their rooms, their name, what is shown instead of it or an empty text, and its looks, with tabs between; or an empty text
--       where they have gone
--
-- Each person in `who` is a line for each node that has them: the node, and behind a tab the same. What is
-- in `names` is the spelling of the oldest connection; and so in each look, behind their key. Whose key
-- begins with `#` must give up a name to those whose key does not.
--
-- Answers a text for each: their name as all see it, which is empty where they have gone everywhere, and on
-- further lines the keys of those who must give up their name; or `@` and the name that theirs looks like. Nothing
-- where somebody is there of a node that the others have taken for dead, or a later call came first.
local DAY, LINGER, CALL = 86400000, 600000, 60000

local who, names, here, gone, shown = unpack(KEYS)
local prefix, node, number = ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call('EXISTS', gone) == 1 then
  for i = 6, #ARGV, 3 do if ARGV[i] ~= '' then return {} end end
end
if number then
  if number < tonumber(redis.call('GET', shown) or 0) then return {} end
  redis.call('SET', shown, ARGV[3], 'PX', CALL)
end

local function holder(look)
  return string.match(redis.call('GET', prefix .. look) or '', '^(.-)\n(.*)$')
end

local function yields(of, to)
  return string.sub(of, 1, 1) == '#' and string.sub(to, 1, 1) ~= '#'
end

-- What lines say: the name of the oldest connection, and all looks.
local function said(lines)
  local oldest, spelling, looks = math.huge, nil, {}
  for _, line in ipairs(lines) do
    local began, name, rest = string.match(line, '^.-\t(.-)\t.-\t.-\t(.-)\t.-\t(.*)$')
    began = tonumber(began)
    if began < oldest then oldest, spelling = began, name end
    for look in string.gmatch(rest, '[^\t]+') do looks[look] = true end
  end
  return spelling, looks
end

local function refused(key, record)
  local _, looks = said({ node .. '\t' .. record })
  for look in pairs(looks) do
    local of, name = holder(look)
    if of and of ~= key and not yields(of, key) then return '@' .. name end
  end
end

-- A look that somebody else has by now stays theirs, unless they must give it up. Gives who must.
local function hold(key, looks, spelling, milliseconds)
  local ousted = {}
  for look in pairs(looks) do
    local of = holder(look)
    if not of or of == key or yields(of, key) then
      redis.call('SET', prefix .. look, key .. '\n' .. spelling, 'PX', milliseconds)
      if of and of ~= key then ousted[of] = true end
    elseif yields(key, of) then
      ousted[key] = true
    end
  end
  return ousted
end

-- Has somebody who is there proven that a guest's name is theirs?
local function proven(key, spelling)
  local theirs = string.match(key, '^#[^#]*#(.*)$')
  local found, lines = theirs and redis.call('HGET', who, theirs), {}
  for line in string.gmatch(found or '', '[^\n]+') do lines[#lines + 1] = line end
  return said(lines) == spelling
end

local function show(key, record)
  local lines, left = {}, {}
  for line in string.gmatch(redis.call('HGET', who, key) or '', '[^\n]+') do
    lines[#lines + 1] = line
    if string.sub(line, 1, #node + 1) ~= node .. '\t' then left[#left + 1] = line end
  end
  if record ~= '' then left[#left + 1] = node .. '\t' .. record end
  local before, looked = said(lines)
  local after, looks = said(left)
  if after then
    redis.call('HSET', who, key, table.concat(left, '\n'))
    redis.call('ZADD', names, 0, after)
  elseif before then
    redis.call('HDEL', who, key)
  end
  if before and before ~= after and not proven(key, before) then redis.call('ZREM', names, before) end
  redis.call(record == '' and 'SREM' or 'SADD', here, key)
  for look in pairs(looks) do looked[look] = nil end
  hold(key, looked, after or before, LINGER)
  local answer = after or ''
  for ousted in pairs(hold(key, looks, after, DAY)) do answer = answer .. '\n' .. ousted end
  return answer
end

local answers = {}
for i = 4, #ARGV, 3 do
  local come, key, record = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  answers[#answers + 1] = come ~= '' and refused(key, record) or show(key, record)
end
for _, key in ipairs({ who, names, here }) do redis.call('PEXPIRE', key, DAY) end
return answers
