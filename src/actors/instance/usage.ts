import type { Instance } from "./Instance.ts"

/** What servers took of a period: from launch to end, in hours. Times in Unix milliseconds. */
export interface Period {
  readonly start: number
  readonly stop: number
}

export interface ServerUsage {
  readonly server: Instance
  readonly hours: number
  readonly isEnded: boolean
  readonly uptimeSeconds: number
}

const millisOf = (iso: string | null) => iso === null ? null : Date.parse(iso)

/** Launched before the period's end, and not ended before its start. */
export const overlaps = (server: Instance, { start, stop }: Period): boolean => {
  const launched = millisOf(server.launchedAt)
  const ended = millisOf(server.terminatedAt)
  return launched !== null && launched < stop && (ended === null || ended > start)
}

export const usageOf = (server: Instance, { start, stop }: Period, now: number): ServerUsage => {
  const launched = millisOf(server.launchedAt) ?? stop
  const ended = millisOf(server.terminatedAt)
  const millis = Math.min(stop, ended ?? stop) - Math.max(start, launched)
  return {
    server,
    hours: Math.max(0, millis) / 3_600_000,
    isEnded: ended !== null,
    uptimeSeconds: Math.max(0, Math.floor(((ended ?? now) - launched) / 1000))
  }
}
