import type { DomainStatus } from "../../drivers/Driver.ts"
import type { Instance } from "../instance/Instance.ts"
import { isLive } from "../instance/Instance.ts"
import { otherPlaceOf } from "../instance/presences.ts"
import { powerStates } from "../instance/states.ts"

/** What must be done so that the journal and a hypervisor agree. */
export type Repair =
  | { readonly _tag: "Observe"; readonly instanceId: string; readonly power: number }
  /** The server was deleted, or lives elsewhere, and its guest is still here. */
  | { readonly _tag: "Destroy"; readonly instanceId: string }

/**
 * Compares a host's servers with the guests its hypervisor lists. Servers with work in flight are left to that work;
 * guests nobody knows are not ours to touch.
 */
export const repairs = (
  hostname: string,
  servers: Iterable<Instance>,
  guests: ReadonlyArray<DomainStatus>,
  serverOf: (id: string) => Instance | undefined
): ReadonlyArray<Repair> => {
  const powerOf = new Map(guests.map(({ id, power }) => [id, powerStates[power]]))
  const differing = [...servers].flatMap((server): ReadonlyArray<Repair> => {
    const power = powerOf.get(server.id) ?? powerStates.nostate
    return server.work !== null || server.launchedAt === null || power === server.powerState
      ? []
      : [{ _tag: "Observe", instanceId: server.id, power }]
  })
  const left = guests.flatMap(({ id }): ReadonlyArray<Repair> => {
    const server = serverOf(id)
    // One whose move waits to be confirmed may come back to its guest here.
    const isElsewhere = server !== undefined && server.work === null &&
      (!isLive(server) || (server.host !== hostname && otherPlaceOf(server)?.host !== hostname))
    return isElsewhere ? [{ _tag: "Destroy", instanceId: id }] : []
  })
  return [...differing, ...left]
}
