import { Result } from "effect"
import type { Instance } from "../instance/Instance.ts"
import { claim, conflictOf, hostTopologyOf, numaOf } from "../placement/numa/Numa.ts"
import type { FittedTopology } from "../placement/numa/fit.ts"
import type { HostTopology } from "../placement/numa/HostTopology.ts"
import type { Host } from "./Host.ts"

/** Of a host whose record does not tell: each CPU is a core of its own. */
const singles = (numa: Host["numa"]): NonNullable<Host["cores"]> =>
  numa.flatMap(({ cpus }) => cpus.map((cpu) => ({ socket: 0, cpus: [cpu] })))

/** The host's NUMA cells before any guest. */
export const emptyTopologyOf = (host: Host): HostTopology =>
  hostTopologyOf(host.numa, host.cores ?? singles(host.numa), host.cpuSets ?? { shared: null, dedicated: null })

/** How many CPUs guests that are not pinned share, before overcommit. */
export const sharedCpuCountOf = ({ cpuSets, vcpus }: Host): number => cpuSets === undefined ? vcpus : cpuSets.shared?.length ?? 0

/** Pinned guests' memory is never promised twice, whether or not a page size was asked for. */
const memoryConflict = (others: HostTopology, fitted: FittedTopology): string | null => {
  if (fitted.cells.every(({ pins }) => pins.length === 0)) return null
  const after = claim(others, fitted)
  for (const { hostCell, pageSizeKb } of fitted.cells) {
    const base = after.cells.find(({ id }) => id === hostCell)?.pages[0]
    if (pageSizeKb === null && base !== undefined && base.used > base.total - base.reserved) {
      return `memory of NUMA node ${hostCell} is taken`
    }
  }
  return null
}

/** What a fit would take that the host's other guests have, or `null`. */
export const numaConflict = (others: HostTopology, fitted: FittedTopology): string | null =>
  conflictOf(others, fitted) ?? memoryConflict(others, fitted)

/** The last word on where a server's pick put its NUMA cells: why it cannot be there, or `null`. */
export const numaRefusal = ({ flavor, imageProperties, numa }: Instance, others: () => HostTopology | undefined): string | null => {
  if (numa != null) {
    const topology = others()
    return topology === undefined ? "it has no inventory" : numaConflict(topology, numa)
  }
  const asked = numaOf(flavor, imageProperties)
  return Result.isSuccess(asked) && asked.success !== null ? "the pick named no NUMA nodes for a server that asks for them" : null
}
