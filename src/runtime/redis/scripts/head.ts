import { clock, script } from "./script.ts"

/**
 * The first of all scripts: makes a store of an empty database, and answers what it found. A negative timeline has lost
 * commits; the next one begins behind it.
 *
 * KEYS: meta. ARGV: format, cloudId to take where there is none, 1 to begin a new timeline.
 * Answers {format, cloudId, timeline}; nothing is written where the format is another.
 */
export const open = script(`
local format = redis.call('HGET', KEYS[1], 'format')
if not format then
  redis.call('HSET', KEYS[1], 'format', ARGV[1], 'cloudId', ARGV[2], 'timeline', '1')
elseif format ~= ARGV[1] then
  return {format, '', '0'}
elseif ARGV[3] == '1' then
  redis.call('HSET', KEYS[1], 'timeline', math.abs(tonumber(redis.call('HGET', KEYS[1], 'timeline'))) + 1)
end
return redis.call('HMGET', KEYS[1], 'format', 'cloudId', 'timeline')
`)

/** KEYS: meta, position, feed. Answers {cloudId, timeline, position, oldest, Unix milliseconds}; no cloudId: nobody opened it. */
export const head = script(`${clock}
local meta = redis.call('HMGET', KEYS[1], 'cloudId', 'timeline')
local position = tonumber(redis.call('GET', KEYS[2]) or '0')
local first = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)[1]
local oldest = first and tonumber(string.match(first[1], '^%d+')) or position + 1
return {meta[1] or '', meta[2] or '0', position, oldest, now}
`, "allow-oom")
