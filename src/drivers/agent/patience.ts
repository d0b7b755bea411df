/** How long an agent waits before it dials again, by how its last connection ended. Rules only. */
import { Limits } from "../../runtime/Limits.ts"
import type { SessionEnd } from "./session.ts"

/** Only a person can change these: waiting longer costs nothing, and fills no log. */
const needsPerson: ReadonlySet<SessionEnd["reason"]> = new Set(["credential", "version", "untrusted"])

export const isRefusal = ({ reason }: SessionEnd): boolean => needsPerson.has(reason)

/**
 * Milliseconds. `tries` counts connections since the last one that adopted the host, `redirects` those among them that
 * only pointed elsewhere; `draw` is from 0 up to 1, so that agents do not come all at once.
 */
export const waitMillis = (end: SessionEnd, tries: number, redirects: number, draw: number): number => {
  if (end.controlUrl !== null && redirects <= Limits.agentRedirectsMax) return 0
  const [least, most] = isRefusal(end)
    ? [Limits.agentRefusedMillisMin, Limits.agentRefusedMillisMax]
    // Somebody will own the host in a moment.
    : [Limits.agentRetryMillisMin, end.reason === "unowned" ? Limits.agentUnownedMillisMax : Limits.agentRetryMillisMax]
  return Math.min(most, least * 2 ** Math.min(tries, 20)) * (0.5 + draw / 2)
}
