import { clock, script } from "./script.ts"

/**
 * Who owns which shard. A lock is `<epoch of the runner> <address>`: it holds while the runner is a member under that
 * epoch and its one lease is in force, so that prolonging the lease prolongs every lock with one write.
 *
 * KEYS of all of them: epochs, members, leases, owners, held.
 */
const common = `${clock}
local function epochOf(address) return redis.call('HGET', KEYS[1], 'runner/' .. address) or '0' end
local function isMember(address) return redis.call('HEXISTS', KEYS[2], address) == 1 end
local function isLeased(address) return tonumber(redis.call('HGET', KEYS[3], address) or '0') > now end

local holding = {}
local function holderOf(shard)
  local owner = redis.call('HGET', KEYS[4], shard)
  if not owner then return false end
  local epoch, address = string.match(owner, '^(%d+) (.*)$')
  if holding[owner] == nil then holding[owner] = epochOf(address) == epoch and isLeased(address) end
  return holding[owner] and address
end

local function heldBy(address)
  local packed = redis.call('HGET', KEYS[5], address)
  return packed and cmsgpack.unpack(packed) or {}
end
`

/**
 * ARGV: address, epoch, shards. Answers {place of the shard in ARGV from 0, its epoch}* for those it took. What it holds
 * already it takes anew: the answer to an earlier asking may have been lost.
 */
export const lock = script(`${common}
local address, epoch = ARGV[1], ARGV[2]
if not isMember(address) or epochOf(address) ~= epoch or not isLeased(address) then return {} end
local held, isHeld, taken = heldBy(address), {}, {}
for _, shard in ipairs(held) do isHeld[shard] = true end
for index = 3, #ARGV do
  local shard = ARGV[index]
  local holder = holderOf(shard)
  if not holder or holder == address then
    redis.call('HSET', KEYS[4], shard, epoch .. ' ' .. address)
    taken[#taken + 1] = {index - 3, redis.call('HINCRBY', KEYS[1], shard, 1)}
    if not isHeld[shard] then held[#held + 1] = shard end
  end
end
if #taken > 0 then redis.call('HSET', KEYS[5], address, cmsgpack.pack(held)) end
return taken
`, "allow-oom")

/** ARGV: address, epoch, leaseMillis. Answers the shards it holds, or nothing when it is no member under the epoch. */
export const refresh = script(`${common}
local address, epoch = ARGV[1], ARGV[2]
if not isMember(address) or epochOf(address) ~= epoch then return false end
redis.call('HSET', KEYS[3], address, millis(now + tonumber(ARGV[3])))
local own, found = epoch .. ' ' .. address, {}
for _, shard in ipairs(heldBy(address)) do
  if redis.call('HGET', KEYS[4], shard) == own then found[#found + 1] = shard end
end
return found
`, "allow-oom")

/** ARGV: address, 1 for all it holds, else the shards. */
export const unlock = script(`${common}
local address, left, isNamed = ARGV[1], {}, {}
local own = epochOf(address) .. ' ' .. address
for index = 3, #ARGV do isNamed[ARGV[index]] = true end
for _, shard in ipairs(heldBy(address)) do
  if redis.call('HGET', KEYS[4], shard) == own then
    if ARGV[2] == '1' or isNamed[shard] then redis.call('HDEL', KEYS[4], shard) else left[#left + 1] = shard end
  end
end
if #left > 0 then redis.call('HSET', KEYS[5], address, cmsgpack.pack(left)) else redis.call('HDEL', KEYS[5], address) end
return 1
`, "allow-oom")

/** ARGV: shards. Answers the address that holds each, or an empty text. */
export const holders = script(`${common}
local found = {}
for index = 1, #ARGV do found[index] = holderOf(ARGV[index]) or '' end
return found
`, "allow-oom")
