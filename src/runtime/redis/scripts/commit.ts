import { script } from "./script.ts"

/**
 * Applies a batch, once. A commit is validated completely before its first write; Redis runs nothing else meanwhile and
 * logs all writes of a script as one, so that nobody ever sees half of it.
 *
 * KEYS: meta, position, feed, epochs, types, writer; versions and states of each type; one for each request.
 * ARGV: cloudId, timeline, number, known, history, requestsKeptMillis, writerKeptMillis, types, commits;
 *       the names of the types; then for each commit:
 *       fences, (shard, epoch)*, key of the request or 0, reply,
 *       appends, (type, id, expected, 1 if it lives on, record, events)*; keys and types by their number from 1.
 *       Last comes the writer's name.
 *
 * Answers {-1, position} when this is not the store the writer knows, or is behind it. Else for each commit
 * {0, position} applied | {1, position, reply} duplicate | {2, fence, newest} | {3, append, actual}.
 */
export const commit = script(`
local number, known, history = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local requestsKept, writerKept = ARGV[6], ARGV[7]
local typeCount, commitCount = tonumber(ARGV[8]), tonumber(ARGV[9])
local fixedKeys, at = 6, 9 + typeCount
local writer = ARGV[#ARGV]

local position = tonumber(redis.call('GET', KEYS[2]) or '0')
local meta = redis.call('HMGET', KEYS[1], 'cloudId', 'timeline')
if meta[1] ~= ARGV[1] or meta[2] ~= ARGV[2] then return {-1, position} end
local packed = redis.call('GET', KEYS[6])
if packed then
  local last = cmsgpack.unpack(packed)
  if last[1] == number then return last[2] end
  if last[1] > number then return redis.error_reply('STALE batch ' .. number .. ' comes after batch ' .. last[1]) end
end
if position < known then return {-1, position} end

local opened = position
local epochs, typesSeen = {}, {}

local function newest(shard)
  local epoch = epochs[shard]
  if epoch == nil then
    epoch = tonumber(redis.call('HGET', KEYS[4], shard) or '0')
    epochs[shard] = epoch
  end
  return epoch
end

-- Reads on to the end of the commit, whatever becomes of it.
local function parse()
  local found = {fenced = nil, appends = {}}
  local fences = tonumber(ARGV[at + 1])
  at = at + 1
  for fence = 1, fences do
    local epoch = newest(ARGV[at + 1])
    if not found.fenced and tonumber(ARGV[at + 2]) ~= epoch then found.fenced = {2, fence - 1, epoch} end
    at = at + 2
  end
  found.request, found.reply = tonumber(ARGV[at + 1]), ARGV[at + 2]
  found.first, found.count = at + 4, tonumber(ARGV[at + 3])
  at = at + 3 + 6 * found.count
  return found
end

local function conflictOf(found)
  local staged = {}
  for index = 0, found.count - 1 do
    local base = found.first + 6 * index
    local type, id, expected = tonumber(ARGV[base]), ARGV[base + 1], tonumber(ARGV[base + 2])
    local ofType = staged[type]
    if not ofType then ofType = {}; staged[type] = ofType end
    local actual = ofType[id]
    if actual == nil then actual = tonumber(redis.call('HGET', KEYS[fixedKeys + 2 * type - 1], id) or '0') end
    if actual ~= expected then return {3, index, actual} end
    ofType[id] = ARGV[base + 3] == '1' and actual + 1 or 0
  end
end

local function apply(base)
  local type, id, version = tonumber(ARGV[base]), ARGV[base + 1], tonumber(ARGV[base + 2]) + 1
  local versions, states = KEYS[fixedKeys + 2 * type - 1], KEYS[fixedKeys + 2 * type]
  local name, record = ARGV[9 + type], ARGV[base + 4]
  position = position + 1
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', history, string.format('%.0f-0', position),
    't', name, 'i', id, 's', record, 'e', ARGV[base + 5], 'w', writer)
  if ARGV[base + 3] == '1' then
    redis.call('HSET', versions, id, string.format('%.0f', version))
    redis.call('HSET', states, id, record)
    if version == 1 and not typesSeen[type] then
      typesSeen[type] = true
      redis.call('SADD', KEYS[5], name)
    end
  else
    redis.call('HDEL', versions, id)
    redis.call('HDEL', states, id)
  end
end

local function run()
  local found = parse()
  if found.fenced then return found.fenced end
  if found.request > 0 then
    local before = redis.call('GET', KEYS[found.request])
    if before then
      local answer = cmsgpack.unpack(before)
      return {1, answer[1], answer[2]}
    end
  end
  local conflict = conflictOf(found)
  if conflict then return conflict end
  for index = 0, found.count - 1 do apply(found.first + 6 * index) end
  if found.request > 0 then
    redis.call('SET', KEYS[found.request], cmsgpack.pack({position, found.reply}), 'PX', requestsKept)
  end
  return {0, position}
end

local answers = {}
for index = 1, commitCount do answers[index] = run() end
if position > opened then redis.call('SET', KEYS[2], string.format('%.0f', position)) end
redis.call('SET', KEYS[6], cmsgpack.pack({number, answers}), 'PX', writerKept)
return answers
`)
