import type { Host } from "../../host/Host.ts"
import { hostCell, type HostTopology } from "./HostTopology.ts"

/** Base pages are 4 KiB, or up to this where the kernel's are bigger. */
const basePageKbMax = 64

/** What an operator set apart on a host; `null`: all of its CPUs. Both `null`: all are for both. */
export interface CpuSets {
  readonly shared: ReadonlyArray<number> | null
  readonly dedicated: ReadonlyArray<number> | null
}

/** An inventory's cells count the huge pages alone: what they leave of the memory is base pages. */
const pagesOf = ({ memoryMb, pages }: Host["numa"][number]) => {
  const counted = pages.map(({ count, sizeKb }) => ({ sizeKb, total: count, reserved: 0, used: 0 })).sort((a, b) => a.sizeKb - b.sizeKb)
  if (counted.length > 0 && counted[0]!.sizeKb <= basePageKbMax) return counted
  const huge = counted.reduce((sum, { sizeKb, total }) => sum + sizeKb * total, 0)
  return [{ sizeKb: 4, total: Math.max(0, Math.floor((memoryMb * 1024 - huge) / 4)), reserved: 0, used: 0 }, ...counted]
}

/** A host without guests, of its inventory. Sets as the reference has them: where one alone is set, nothing is left for the other. */
export const hostTopologyOf = (
  numa: Host["numa"], cores: ReadonlyArray<{ readonly socket: number; readonly cpus: ReadonlyArray<number> }>, sets: CpuSets
): HostTopology => {
  const isUndivided = sets.shared === null && sets.dedicated === null
  const shared = new Set(sets.shared)
  const dedicated = new Set(sets.dedicated)
  const used = (cpu: number) => isUndivided || shared.has(cpu) || dedicated.has(cpu)
  return {
    cells: numa.map((node) => {
      const own = new Set(node.cpus)
      const within = cores.filter(({ cpus }) => cpus.some((cpu) => own.has(cpu)))
      const sockets = new Set(within.map(({ socket }) => socket))
      return hostCell({
        id: node.id,
        socket: sockets.size === 1 ? within[0]!.socket : null,
        sharedCpus: isUndivided ? node.cpus : node.cpus.filter((cpu) => shared.has(cpu)),
        dedicatedCpus: isUndivided ? node.cpus : node.cpus.filter((cpu) => dedicated.has(cpu)),
        cores: within.map(({ cpus }) => cpus.filter((cpu) => own.has(cpu) && used(cpu))).filter((cpus) => cpus.length > 0),
        memoryMb: node.memoryMb,
        pages: pagesOf(node),
        pinned: new Set(),
        sharedCpusUsed: 0,
        memoryUsedMb: 0
      })
    })
  }
}
