/** What a user of Redis must be allowed, and the line that allows it. */
import type { Keys } from "./keys.ts"
import { script } from "./scripts/script.ts"

/** Commands within the scripts; Redis checks them against the user as if they had been sent. */
const withinScripts = [
  "get", "set", "hget", "hset", "hdel", "hmget", "hgetall", "hexists", "hincrby", "sadd", "xadd", "xrange", "time"
] as const

const sent = ["evalsha", "script|load", "hscan", "smembers", "xread", "wait", "info", "role"] as const

/** For a cloud whose store is `kilonova:cell1`: `ACL SETUSER kilonova on >secret resetkeys ~{kilonova:cell1}:* …`. */
export const aclLine = (keys: Keys, username: string | null): string =>
  `ACL SETUSER ${username ?? "kilonova"} on ~${keys.pattern} ` +
  [...sent, ...withinScripts, "config|get", "cluster|slots", "cluster|keyslot"].map((command) => `+${command}`).join(" ")

/** KEYS: any of the store. Answers the commands of this file that the user may not send. */
export const probe = script(`
local refused = {}
for _, name in ipairs({${[...withinScripts, "hscan", "smembers", "xread", "wait"].map((name) => `'${name}'`).join(", ")}}) do
  local with = {
    get = {KEYS[1]}, set = {KEYS[1], ''}, hget = {KEYS[1], ''}, hset = {KEYS[1], '', ''}, hdel = {KEYS[1], ''},
    hmget = {KEYS[1], ''}, hgetall = {KEYS[1]}, hexists = {KEYS[1], ''}, hincrby = {KEYS[1], '', '1'}, sadd = {KEYS[1], ''},
    xadd = {KEYS[1], '*', '', ''}, xrange = {KEYS[1], '-', '+'}, time = {}, hscan = {KEYS[1], '0'}, smembers = {KEYS[1]},
    xread = {'STREAMS', KEYS[1], '0'}, wait = {'0', '1'}
  }
  if not redis.acl_check_cmd(name, unpack(with[name])) then refused[#refused + 1] = name end
end
return refused
`)
