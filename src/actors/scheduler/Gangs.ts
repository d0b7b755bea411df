import { Limits } from "../../runtime/Limits.ts"
import type { Instance } from "../instance/Instance.ts"
import type { NoValidHost } from "./SchedulerProtocol.ts"

/** Servers of one request, placed all or none: whose places are held, or why there are none. */
export type Gang = { readonly isPlaced: true } | { readonly isPlaced: false; readonly refusal: NoValidHost }

/** How many servers its request made; those that are placed again are on their own. */
export const gangSizeOf = ({ wish, work }: Instance): number => (work?.attempt ?? 1) > 1 ? 1 : wish.gangSize ?? 1

/** The hold of a member that has not asked yet. */
export const memberKey = (reservationId: string, launchIndex: number): string => `${reservationId}#${launchIndex}`

/** The requests whose places were decided, the oldest first. */
export class Gangs {
  readonly #known = new Map<string, Gang & { readonly expiresAtMillis: number }>()

  get(reservationId: string): Gang | undefined {
    return this.#known.get(reservationId)
  }

  remember(reservationId: string, gang: Gang, nowMillis: number): void {
    for (const [id, { expiresAtMillis }] of this.#known) {
      if (expiresAtMillis > nowMillis && this.#known.size < Limits.gangsKeptMax) break
      this.#known.delete(id)
    }
    this.#known.set(reservationId, { ...gang, expiresAtMillis: nowMillis + Limits.taskMillisMax })
  }
}

/** The places in the request that nobody decided yet, this server's among them. `siblings`: its project's servers, newest first. */
export const undecided = (instance: Instance, siblings: Iterable<Instance>): ReadonlyArray<number> => {
  const open = new Set(Array.from({ length: gangSizeOf(instance) }, (_, at) => at))
  for (const one of siblings) {
    if (one.createdAt < instance.createdAt) break
    const isDecided = one.host !== null || one.vmState !== "building" || (one.work?.attempt ?? 1) > 1
    if (one.reservationId === instance.reservationId && one.id !== instance.id && isDecided) open.delete(one.launchIndex)
  }
  open.add(instance.launchIndex)
  return [...open]
}
