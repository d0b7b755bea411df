import type { FittedCell, FittedTopology } from "./fit.ts"
import { type HostCell, hostCell, type HostPages, type HostTopology } from "./HostTopology.ts"

/** The pages a fitted cell's memory comes from: base pages where no size was asked for. */
const withPages = (pages: ReadonlyArray<HostPages>, { guest, pageSizeKb }: FittedCell, sign: 1 | -1): ReadonlyArray<HostPages> =>
  pages.map((one, at) => (pageSizeKb === null ? at === 0 : one.sizeKb === pageSizeKb)
    ? { ...one, used: one.used + sign * guest.memoryMb * 1024 / one.sizeKb } : one)

const changed = (cell: HostCell, fitted: FittedCell, sign: 1 | -1): HostCell => {
  const taken = new Set(fitted.taken)
  return hostCell({
    ...cell,
    pages: withPages(cell.pages, fitted, sign),
    pinned: sign === 1 ? cell.pinned.union(taken) : cell.pinned.difference(taken),
    sharedCpusUsed: cell.sharedCpusUsed + sign * fitted.guest.sharedCpus.length,
    memoryUsedMb: cell.memoryUsedMb + sign * fitted.guest.memoryMb
  })
}

const apply = (host: HostTopology, fitted: FittedTopology, sign: 1 | -1): HostTopology => ({
  cells: host.cells.map((cell) => {
    const own = fitted.cells.find((one) => one.hostCell === cell.id)
    return own === undefined ? cell : changed(cell, own, sign)
  })
})

/** The host with the guest in it. It asks no question, so that a host's usage is the fold of its guests; see `conflictOf`. */
export const claim = (host: HostTopology, fitted: FittedTopology): HostTopology => apply(host, fitted, 1)

/** The host without the guest: what `claim` took is free again. */
export const release = (host: HostTopology, fitted: FittedTopology): HostTopology => apply(host, fitted, -1)

/** Of a fit that was found on an older state of the host: what it would take that is gone, or `null`. */
export const conflictOf = (host: HostTopology, fitted: FittedTopology): string | null => {
  for (const one of fitted.cells) {
    const cell = host.cells.find(({ id }) => id === one.hostCell)
    if (cell === undefined) return `NUMA node ${one.hostCell} is not there`
    const dedicated = new Set(cell.dedicatedCpus)
    const gone = one.taken.filter((cpu) => !dedicated.has(cpu) || cell.pinned.has(cpu))
    if (gone.length > 0) return `CPUs ${gone.join(", ")} of NUMA node ${cell.id} are taken`
    const pages = cell.pages.find(({ sizeKb }) => sizeKb === one.pageSizeKb)
    if (pages !== undefined && one.guest.memoryMb * 1024 > (pages.total - pages.reserved - pages.used) * pages.sizeKb) {
      return `pages of ${pages.sizeKb} KiB of NUMA node ${cell.id} are taken`
    }
  }
  return null
}
