/** Pages of one size in a host cell. Those reserved are never given out. */
export interface HostPages {
  readonly sizeKb: number
  readonly total: number
  readonly reserved: number
  readonly used: number
}

/** One NUMA node of a host and what its guests have taken of it. CPUs are the host's numbers, memory MiB. */
export interface HostCell {
  readonly id: number
  /** `null`: unknown, or CPUs of several sockets. */
  readonly socket: number | null
  /** Guests' shared CPUs float over these; dedicated ones are pinned to those. Hosts that set neither apart use all for both. */
  readonly sharedCpus: ReadonlyArray<number>
  readonly dedicatedCpus: ReadonlyArray<number>
  /** Sibling threads, core by core. */
  readonly cores: ReadonlyArray<ReadonlyArray<number>>
  readonly memoryMb: number
  /** Ascending by size; the first are the base pages. Empty: the host does not count pages. */
  readonly pages: ReadonlyArray<HostPages>
  readonly pinned: ReadonlySet<number>
  readonly sharedCpusUsed: number
  readonly memoryUsedMb: number

  /** From here on derived, so that a fit that fails need not count. */
  readonly threadsPerCore: number
  /** Shared and dedicated CPUs are the same ones. */
  readonly isUndivided: boolean
  /** Dedicated CPUs that nobody is pinned to, core by core; full cores have none. */
  readonly freeCores: ReadonlyArray<ReadonlyArray<number>>
  readonly freeCpus: number
  /** By n: cores with n free threads or more. */
  readonly coresWithFree: ReadonlyArray<number>
}

export interface HostTopology {
  readonly cells: ReadonlyArray<HostCell>
}

type Derived = "threadsPerCore" | "isUndivided" | "freeCores" | "freeCpus" | "coresWithFree"

/** A cell of facts and usage; what is derived from them is counted here and nowhere else. */
export const hostCell = (cell: Omit<HostCell, Derived>): HostCell => {
  const dedicated = new Set(cell.dedicatedCpus)
  const freeCores = cell.cores
    .map((core) => core.filter((cpu) => dedicated.has(cpu) && !cell.pinned.has(cpu)))
    .filter((core) => core.length > 0)
  const threadsPerCore = cell.cores.reduce((most, core) => Math.max(most, core.length), 1)
  return {
    id: cell.id,
    socket: cell.socket,
    sharedCpus: cell.sharedCpus,
    dedicatedCpus: cell.dedicatedCpus,
    cores: cell.cores,
    memoryMb: cell.memoryMb,
    pages: cell.pages,
    pinned: cell.pinned,
    sharedCpusUsed: cell.sharedCpusUsed,
    memoryUsedMb: cell.memoryUsedMb,
    threadsPerCore,
    isUndivided: dedicated.size === cell.sharedCpus.length && cell.sharedCpus.every((cpu) => dedicated.has(cpu)),
    freeCores,
    freeCpus: freeCores.reduce((sum, core) => sum + core.length, 0),
    coresWithFree: Array.from({ length: threadsPerCore + 1 }, (_, threads) => freeCores.filter((core) => core.length >= threads).length)
  }
}

export const freePages = ({ reserved, total, used }: HostPages): number => total - reserved - used
