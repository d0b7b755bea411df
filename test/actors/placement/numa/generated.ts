/** Hosts and guests of every kind, small enough that all ways of a fit can be tried. */
import { Result, Schema } from "effect"
import { guestTopologyOf } from "../../../../src/actors/placement/numa/constraints.ts"
import type { GuestTopology } from "../../../../src/actors/placement/numa/GuestTopology.ts"
import { type HostCell, hostCell, type HostTopology } from "../../../../src/actors/placement/numa/HostTopology.ts"
import { wishOf } from "./guests.ts"

/** Each as often as any other; of a range the ends would come most. */
const upTo = (maximum: number) => Schema.Literals(Array.from({ length: maximum + 1 }, (_, value) => value))

const Cell = Schema.Struct({
  cores: Schema.Literals([0, 1, 2, 3, 3, 3]),
  /** Bits by CPU. */
  pinned: Schema.Literals([0, 0, 0, 1, 2, 5, 7, 8, 24, 66, 129, 255]),
  shared: Schema.Literals(["none", "half", "half", "all", "undivided", "undivided"]),
  sharedUsed: upTo(6),
  baseUsed: Schema.Literals([0, 0, 0, 1, 2, 3, 4]),
  hugeUsed: Schema.Literals([0, 0, 0, 1, 2, 3, 4]),
  pages: Schema.Literals(["none", "base", "huge", "huge"])
})
export const Host = Schema.Struct({
  threads: Schema.Literals([1, 2]),
  cells: Schema.Union([Schema.Tuple([Cell]), Schema.Tuple([Cell, Cell]), Schema.Tuple([Cell, Cell, Cell]), Schema.Tuple([Cell, Cell, Cell, Cell])])
})

export const Guest = Schema.Struct({
  nodes: Schema.Literals([1, 1, 2, 3]),
  vcpus: Schema.Literals([1, 2, 3]),
  memory: Schema.Literals([256, 256, 512, 1024]),
  policy: Schema.Literals(["none", "dedicated", "dedicated", "mixed"]),
  thread: Schema.Literals(["none", "prefer", "isolate", "require"]),
  emulator: Schema.Literals(["none", "isolate"]),
  pageSize: Schema.Literals(["none", "none", "small", "large", "any", "2048"])
})
export type Guest = typeof Guest.Type
export const Limits = Schema.NullOr(Schema.Struct({ cpuRatio: Schema.Literals([1, 2]), ramRatio: Schema.Literals([1, 2]) }))

const unitMb = 256

/** 1 GiB in base pages and 1 GiB in huge ones, or as much without counted pages. */
const cellFrom = (made: typeof Cell.Type, id: number, threads: number): HostCell => {
  const first = id * 8
  const groups = Array.from({ length: made.cores + 1 }, (_, core) => Array.from({ length: threads }, (__, thread) => first + core * threads + thread))
  const all = groups.flat()
  const part = made.shared === "none" ? 0 : made.shared === "half" ? all.length >> 1 : all.length
  const dedicated = made.shared === "undivided" ? all : all.slice(part)
  const base = { sizeKb: 4, total: 4 * unitMb * 256, reserved: 0, used: made.baseUsed * unitMb * 256 }
  const huge = { sizeKb: 2048, total: 4 * unitMb / 2, reserved: 0, used: made.hugeUsed * unitMb / 2 }
  return hostCell({
    id, socket: null, cores: groups, sharedCpus: all.slice(0, part), dedicatedCpus: dedicated,
    memoryMb: 8 * unitMb, pages: made.pages === "none" ? [] : made.pages === "base" ? [base] : [base, huge],
    pinned: new Set(dedicated.filter((cpu) => (made.pinned >> (cpu - first)) % 2 === 1)),
    sharedCpusUsed: made.sharedUsed, memoryUsedMb: (made.baseUsed + made.hugeUsed) * unitMb
  })
}
export const hostFrom = ({ cells, threads }: typeof Host.Type): HostTopology =>
  ({ cells: [...cells].map((cell, id) => cellFrom(cell, id, threads)) })

/** `null`: what was made contradicts itself. */
export const guestFrom = ({ emulator, memory, nodes, pageSize, policy, thread, vcpus }: Guest): GuestTopology | null => {
  const cpus = vcpus * nodes
  return Result.getOrNull(guestTopologyOf(wishOf(cpus, memory * nodes, {
    hw: {
      numa_nodes: String(nodes),
      ...policy === "none" ? {} : { cpu_policy: policy },
      ...policy === "mixed" ? { cpu_dedicated_mask: "0" } : {},
      ...thread === "none" ? {} : { cpu_thread_policy: thread },
      ...emulator === "none" ? {} : { emulator_threads_policy: emulator },
      ...pageSize === "none" ? {} : { mem_page_size: pageSize }
    }
  })))
}
