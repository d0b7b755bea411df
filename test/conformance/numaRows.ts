/** The recorded rows of guest topologies, fits and CPU topologies, and what our rules say to each. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Result } from "effect"
import { cpuTopologyOf } from "../../src/actors/placement/numa/cpuTopology.ts"
import { guestTopologyOf } from "../../src/actors/placement/numa/constraints.ts"
import { fit, type FittedTopology } from "../../src/actors/placement/numa/fit.ts"
import type { GuestTopology } from "../../src/actors/placement/numa/GuestTopology.ts"
import type { HardwareWish } from "../../src/actors/placement/numa/HardwareWish.ts"
import { hostCell, type HostTopology } from "../../src/actors/placement/numa/HostTopology.ts"
import { type ImageProperties, imageWishOf } from "../../src/actors/placement/numa/imageWish.ts"
import type { Refusal } from "../../src/actors/shared/Refusal.ts"

interface Asked {
  readonly vcpus: number
  readonly memory_mb?: number
  readonly extra_specs: { readonly [key: string]: string }
  readonly image?: ImageProperties
}

export interface ConstraintRow extends Asked {
  readonly result?: unknown
  readonly error?: string
}
export interface TopologyRow extends Asked {
  readonly result?: readonly [sockets: number, cores: number, threads: number]
  readonly error?: string
}

export interface RecordedFit {
  readonly host_cell: number
  /** Host CPUs by guest CPU. */
  readonly pins: { readonly [guestCpu: string]: number }
  readonly reserved: ReadonlyArray<number>
  readonly pagesize: number | null
}
export interface FitRow extends Asked {
  readonly host: ReadonlyArray<{
    readonly id: number
    readonly cpuset: ReadonlyArray<number>
    readonly pcpuset: ReadonlyArray<number>
    readonly memory: number
    readonly siblings: ReadonlyArray<ReadonlyArray<number>>
    readonly mempages: ReadonlyArray<readonly [sizeKb: number, total: number, used: number]>
    readonly pinned: ReadonlyArray<number>
    readonly cpu_usage: number
    readonly memory_usage: number
  }>
  readonly limits: { readonly cpu_allocation_ratio: number; readonly ram_allocation_ratio: number } | null
  readonly result: ReadonlyArray<RecordedFit> | null
}

export const readRows = <A>(folder: string, file: string): ReadonlyArray<A> => {
  const path = join(folder, "vectors", file)
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as A) : []
}

const wishOf = (row: Asked): Result.Result<HardwareWish, Refusal> =>
  Result.map(imageWishOf(row.image ?? {}), (image) => ({ vcpus: row.vcpus, memoryMb: row.memory_mb ?? 0, extraSpecs: row.extra_specs, image }))

const codes = { small: -1, large: -2, any: -3 }
const asRecorded = (guest: GuestTopology) => ({
  emulator_threads_policy: guest.emulatorThreads,
  cells: guest.cells.map((cell) => ({
    id: cell.id, cpuset: cell.sharedCpus, pcpuset: cell.dedicatedCpus, memory: cell.memoryMb,
    pagesize: typeof guest.pageSize === "string" ? codes[guest.pageSize] : guest.pageSize,
    cpu_policy: guest.cpuPolicy, cpu_thread_policy: guest.threadPolicy
  }))
})

/** What we say, in the words of the recording. */
export const constraintsOf = (row: ConstraintRow): unknown =>
  Result.match(Result.flatMap(wishOf(row), guestTopologyOf), {
    onFailure: ({ code }) => ({ error: code }),
    onSuccess: (guest) => ({ result: guest === null ? null : asRecorded(guest) })
  })

export const topologyOf = (row: TopologyRow): unknown =>
  Result.match(Result.flatMap(wishOf(row), cpuTopologyOf), {
    onFailure: ({ code }) => ({ error: code }),
    onSuccess: ({ cores, sockets, threads }) => ({ result: [sockets, cores, threads] })
  })

export const hostOf = (row: FitRow): HostTopology => ({
  cells: row.host.map((cell) => hostCell({
    id: cell.id, socket: null, sharedCpus: cell.cpuset, dedicatedCpus: cell.pcpuset, cores: cell.siblings, memoryMb: cell.memory,
    pages: cell.mempages.map(([sizeKb, total, used]) => ({ sizeKb, total, used, reserved: 0 })).sort((a, b) => a.sizeKb - b.sizeKb),
    pinned: new Set(cell.pinned), sharedCpusUsed: cell.cpu_usage, memoryUsedMb: cell.memory_usage
  }))
})

export const guestOf = (row: FitRow): GuestTopology | null => Result.getOrNull(Result.flatMap(wishOf(row), guestTopologyOf))

export const limitsOf = ({ limits }: FitRow) =>
  limits === null ? null : { cpuRatio: limits.cpu_allocation_ratio, ramRatio: limits.ram_allocation_ratio }

const fitAsRecorded = (fitted: FittedTopology): ReadonlyArray<RecordedFit> =>
  fitted.cells.map((cell) => ({
    host_cell: cell.hostCell, pins: Object.fromEntries(cell.pins), reserved: [...cell.reserved].sort((a, b) => a - b), pagesize: cell.pageSizeKb
  }))

export const fitOf = (row: FitRow): ReadonlyArray<RecordedFit> | null => {
  const guest = guestOf(row)
  if (guest === null) return null
  return Result.match(fit(hostOf(row), guest, { limits: limitsOf(row), isPacked: false }), { onFailure: () => null, onSuccess: fitAsRecorded })
}
