import { brokenConstraint, type CellLimits } from "./cellRules.ts"
import type { GuestTopology } from "./GuestTopology.ts"
import type { HostTopology } from "./HostTopology.ts"

/**
 * Does every guest cell fit some host cell? `false`: the guest surely does not fit the host. For guests of one cell `true`
 * means that it does; others may still want the same host cell twice. Allocates nothing: it is asked of every host.
 */
export const mayFit = (host: HostTopology, guest: GuestTopology, limits: CellLimits | null): boolean => {
  if (guest.cells.length > host.cells.length) return false
  for (let at = 0; at < guest.cells.length; at++) {
    let isPlaced = false
    for (let cell = 0; cell < host.cells.length && !isPlaced; cell++) {
      isPlaced = brokenConstraint(host.cells[cell]!, guest, at, limits) === null
    }
    if (!isPlaced) return false
  }
  return true
}
