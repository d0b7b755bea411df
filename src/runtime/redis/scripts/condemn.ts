import { script } from "./script.ts"

/**
 * KEYS: meta. ARGV: the timeline that has lost commits. Its number becomes negative: whoever knew the timeline commits
 * nothing more, and nobody opens the store but to begin the next one. Another timeline is left alone.
 */
export const condemn = script(`
if redis.call('HGET', KEYS[1], 'timeline') == ARGV[1] then redis.call('HSET', KEYS[1], 'timeline', '-' .. ARGV[1]) end
return 1
`, "allow-oom")
