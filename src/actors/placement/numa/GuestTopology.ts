import type { CpuPolicy, EmulatorThreadsPolicy, ThreadPolicy } from "./HardwareWish.ts"
import type { PageSize } from "./pageSize.ts"

/** One NUMA node of a guest. CPUs are the guest's, ascending. */
export interface GuestCell {
  readonly id: number
  /** They float over the host's shared CPUs. */
  readonly sharedCpus: ReadonlyArray<number>
  /** Each is pinned to a host CPU of its own. */
  readonly dedicatedCpus: ReadonlyArray<number>
  readonly memoryMb: number
}

/** What a guest asks of its host's NUMA cells: each of its cells lies in one host cell, no two in the same. */
export interface GuestTopology {
  readonly cells: ReadonlyArray<GuestCell>
  readonly cpuPolicy: CpuPolicy | null
  readonly threadPolicy: ThreadPolicy | null
  readonly emulatorThreads: EmulatorThreadsPolicy | null
  readonly pageSize: PageSize | null
}

/** May it share its CPUs and its memory with others beyond what is there? */
export const isPinned = (guest: GuestTopology): boolean => guest.cpuPolicy === "dedicated" || guest.cpuPolicy === "mixed"
