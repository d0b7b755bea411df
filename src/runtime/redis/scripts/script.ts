import { createHash } from "node:crypto"

/** One atomic step of the store, as Redis runs it. */
export interface Script {
  readonly text: string
  readonly sha: string
}

/**
 * The first line has Redis refuse the whole script, before it runs, where it may not write: at a replica, so that no
 * answer is that of a master which was replaced; without enough good replicas; when it cannot write to its disk.
 * `allow-oom`: what must go on when the memory is full, and needs next to none.
 */
export const script = (text: string, flags?: "allow-oom"): Script => {
  const whole = `#!lua${flags === undefined ? "" : ` flags=${flags}`}\n${text}`
  return { text: whole, sha: createHash("sha1").update(whole).digest("hex") }
}

/** Redis' own clock, in Unix milliseconds: the only one that leases are counted on. */
export const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function millis(number) return string.format('%.0f', number) end
`
