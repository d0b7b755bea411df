import { clock, script } from "./script.ts"

/**
 * A runner's membership and its lease. The epoch of `runner/<address>` stands for the membership: when it grows, all
 * that was locked under it is free, without a look at any lock.
 *
 * KEYS of all of them: epochs, members, leases, owners, held.
 */
const common = `${clock}
local function bury(address)
  redis.call('HINCRBY', KEYS[1], 'runner/' .. address, 1)
  redis.call('HDEL', KEYS[2], address)
  redis.call('HDEL', KEYS[3], address)
  redis.call('HDEL', KEYS[5], address)
end
`

/** ARGV: address, about, 1 if healthy, leaseMillis. Answers {machineId, epoch}. */
export const register = script(`${common}
local address, taken = ARGV[1], {}
local members = redis.call('HGETALL', KEYS[2])
for index = 1, #members, 2 do
  if members[index] ~= address then taken[cmsgpack.unpack(members[index + 1])[3]] = true end
end
local machineId = 0
while taken[machineId] do machineId = machineId + 1 end
local epoch = redis.call('HINCRBY', KEYS[1], 'runner/' .. address, 1)
redis.call('HSET', KEYS[2], address, cmsgpack.pack({ARGV[2], ARGV[3] == '1', machineId}))
redis.call('HSET', KEYS[3], address, millis(now + tonumber(ARGV[4])))
redis.call('HDEL', KEYS[5], address)
return {machineId, epoch}
`, "allow-oom")

/** ARGV: address. */
export const unregister = script(`${common}
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then bury(ARGV[1]) end
return 1
`, "allow-oom")

/** Answers {address, about, 1 if healthy, machineId, epoch, lease}*. */
export const runners = script(`${common}
local leases, found = redis.call('HGETALL', KEYS[3]), {}
for index = 1, #leases, 2 do
  local address, lease = leases[index], tonumber(leases[index + 1])
  if lease <= now then
    bury(address)
  else
    local member = cmsgpack.unpack(redis.call('HGET', KEYS[2], address))
    local epoch = tonumber(redis.call('HGET', KEYS[1], 'runner/' .. address))
    found[#found + 1] = {address, member[1], member[2] and 1 or 0, member[3], epoch, lease}
  end
end
return found
`, "allow-oom")

/** ARGV: address, 1 if healthy. */
export const setHealth = script(`
local packed = redis.call('HGET', KEYS[2], ARGV[1])
if packed then
  local member = cmsgpack.unpack(packed)
  member[2] = ARGV[2] == '1'
  redis.call('HSET', KEYS[2], ARGV[1], cmsgpack.pack(member))
end
return 1
`, "allow-oom")
