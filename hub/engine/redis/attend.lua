-- Who is in a room: the part of `say.lua` that knows of it. Each person in `who` is a line for each node
-- that has them, oldest first: the node, the spelling of their name and, where that differs, what is shown
-- instead, with tabs between. What is in `names` is the spelling of the oldest.
local DAY, SECOND, ROSTER = 86400000, 1000, 200

local function spelled(lines)
  return lines and string.match(lines, '\t([^\t\n]+)')
end

-- What is known of whoever has proven that a guest's name is theirs: only the keys of guests begin with `#`.
local function proven(there, key)
  local theirs = string.match(key, '^#[^#]*#(.*)$')
  return theirs and redis.call('HGET', there.who, theirs) or nil
end

-- Takes somebody's lines for others.
local function place_lines(there, key, before, after)
  if after then redis.call('HSET', there.who, key, after) else redis.call('HDEL', there.who, key) end
  local old, new = spelled(before), spelled(after)
  if old ~= new then
    if old and old ~= spelled(proven(there, key)) then redis.call('ZREM', there.names, old) end
    if new then redis.call('ZADD', there.names, 0, new) end
  end
  redis.call('PEXPIRE', there.who, DAY)
  redis.call('PEXPIRE', there.names, DAY)
end

-- Each kind answers what is to be told, where anything is: true for its own text, or a text; and what
-- is answered behind its id.
local attend = {}

-- `!` is answered where the others have taken the node for dead: it comes back as another one.
function attend.enter(there, node, announce, spelling, key, shown)
  if redis.call('EXISTS', there.gone .. node) == 1 then return nil, '!' end
  local before = redis.call('HGET', there.who, key) or nil
  local here = there.here .. node
  redis.call('SADD', here, key)
  redis.call('PEXPIRE', here, DAY)
  if before and string.find('\n' .. before, '\n' .. node .. '\t', 1, true) then return nil, '' end
  place_lines(there, key, before, (before and before .. '\n' or '') .. node .. '\t' .. spelling .. (shown == '' and '' or '\t' .. shown))
  if before then return nil, '' end
  if redis.call('HLEN', there.who) <= announce then return true, '' end
  redis.call('SET', there.untold, '', 'PX', DAY)
  return nil, ''
end

function attend.leave(there, node, announce, _, key)
  redis.call('SREM', there.here .. node, key)
  local before, left, isHere = redis.call('HGET', there.who, key) or nil, {}, false
  for line in string.gmatch(before or '', '[^\n]+') do
    if string.sub(line, 1, #node + 1) == node .. '\t' then isHere = true else left[#left + 1] = line end
  end
  local after = #left > 0 and table.concat(left, '\n') or nil
  if isHere then place_lines(there, key, before, after) end
  local count = redis.call('HLEN', there.who)
  local rest = '\t' .. count
  -- Who had to give up their name goes without a word: by that name somebody is there.
  if not isHere or after or proven(there, key) then return nil, rest end
  if count + 1 <= announce then return true, rest end
  redis.call('SET', there.untold, '', 'PX', DAY)
  return nil, rest
end

-- Answers the milliseconds until it may be told again.
function attend.census(there, _, announce, room)
  local count = redis.call('HLEN', there.who)
  if count == 0 or redis.call('EXISTS', there.untold) == 0 then return nil, '\t0' end
  local wait = redis.call('PTTL', there.counted)
  if wait > 0 then return nil, '\t' .. wait end
  redis.call('DEL', there.untold)
  redis.call('SET', there.counted, '', 'PX', SECOND)
  -- Where arrivals are told again, who is counted on must be known by name again.
  local names = count <= announce and redis.call('ZRANGE', there.names, 0, ROSTER - 1) or {}
  -- Where Redis has forgotten them: of none it would make an object.
  local users = #names > 0 and ',"users":' .. cjson.encode(names) or ''
  return '{"type":"room","room":"' .. room .. '"' .. users .. ',"count":' .. count .. '}', '\t0'
end

local function roster(there)
  local names = redis.call('ZRANGE', there.names, 0, ROSTER - 1)
  return table.concat({ redis.call('HLEN', there.who), unpack(names) }, '\t')
end

