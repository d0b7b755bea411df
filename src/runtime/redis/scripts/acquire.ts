import { script } from "./script.ts"

/** KEYS: epochs. ARGV: shard. Answers its epoch, grown by one. */
export const acquire = script("return redis.call('HINCRBY', KEYS[1], ARGV[1], 1)", "allow-oom")
