import type { Instance } from "./Instance.ts"
import { isLive } from "./Instance.ts"
import { isMoveAction } from "./lifecycle.ts"
import type { Place } from "./Migration.ts"

/** The other end of a move under way: the host it comes from, or goes to. */
export const otherPlaceOf = ({ host, migration }: Instance): Place | null => {
  if (migration == null) return null
  const { destination, source } = migration
  return source.host !== host ? source : destination !== null && destination.host !== host ? destination : null
}

/** The server as it is at an end of its move. */
const presenceAt = (instance: Instance, place: Place): Instance => {
  const { allocations: _, ...rest } = instance
  const { allocations, availabilityZone, devices = null, flavor = instance.flavor, host, numa = null } = place
  return { ...rest, host, availabilityZone, numa, devices, flavor, ...(allocations === undefined ? {} : { allocations }) }
}

/** As both ends of a live migration speak of it; of another move, as it is at the end whose step this is. */
export const seenByStep = (instance: Instance): Instance => {
  const { migration, work } = instance
  if (migration == null || work === null || !isMoveAction(work.action)) return instance
  const isOfSource = work.action !== "liveMigrate" && (work.step === "migrate" || work.step === "abort" || work.step === "confirm")
  const place = isOfSource ? migration.source : migration.destination
  return place === null ? instance : presenceAt(instance, place)
}

const others = new WeakMap<Instance, Instance>()
/** The server as it is on the other host of its move; `undefined`: it is on one alone. */
export const otherPresenceOf = (instance: Instance): Instance | undefined => {
  const place = otherPlaceOf(instance)
  if (place === null) return undefined
  let other = others.get(instance)
  if (other === undefined) others.set(instance, other = presenceAt(instance, place))
  return other
}

const none: ReadonlyArray<Instance> = []

/** A server is on its host, one on the move is on both of its hosts as well; a deleted one is nowhere. What hosts give is counted by this. */
export const presencesOf = (instance: Instance | undefined): ReadonlyArray<Instance> => {
  if (instance === undefined || instance.host === null || !isLive(instance)) return none
  const other = otherPresenceOf(instance)
  return other === undefined ? [instance] : [instance, other]
}

/** As quota counts it: of a server that changes its flavor the larger of both, until it is decided. */
export const countedOf = (instance: Instance): Instance => {
  const { flavor, migration } = instance
  const to = migration?.wish.flavor
  if (migration == null || to === undefined) return instance
  const from = migration.source.flavor ?? flavor
  return { ...instance, flavor: { ...flavor, vcpus: Math.max(from.vcpus, to.vcpus), ramMb: Math.max(from.ramMb, to.ramMb) } }
}
