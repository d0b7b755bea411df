import type { PciNumaPolicy } from "../numa/HardwareWish.ts"
import type { HostTopology } from "../numa/HostTopology.ts"
import type { HostDevice } from "./Device.ts"

/** The host's cells that a guest lies in, as far as devices care. */
export interface Near {
  readonly cells: ReadonlySet<number>
  readonly sockets: ReadonlySet<number>
  readonly socketOf: ReadonlyMap<number, number>
}

/** Where a cell lies in more than one socket, or nobody knows in which, no device is in the socket of another cell. */
export const nearOf = ({ cells }: HostTopology, chosen: Iterable<number>): Near => {
  const own = new Set(chosen)
  const socketOf = new Map(cells.every(({ socket }) => socket !== null) ? cells.map(({ id, socket }) => [id, socket!]) : [])
  return { cells: own, socketOf, sockets: new Set([...own].flatMap((id) => socketOf.get(id) ?? [])) }
}

/** 0: at one of its cells; 1: in one of its sockets; 2: nobody knows; 3: elsewhere. */
export const distance = (near: Near | null, { numaNode }: Pick<HostDevice, "numaNode">): 0 | 1 | 2 | 3 => {
  if (near === null) return 0
  if (numaNode === null) return 2
  if (near.cells.has(numaNode)) return 0
  const socket = near.socketOf.get(numaNode)
  return socket !== undefined && near.sockets.has(socket) ? 1 : 3
}

/** The distances that a policy lets pass. */
const allowed: { readonly [policy in PciNumaPolicy]: ReadonlySet<number> } = {
  required: new Set([0]),
  socket: new Set([0, 1]),
  legacy: new Set([0, 2]),
  preferred: new Set([0, 1, 2, 3])
}

export const isNear = (policy: PciNumaPolicy, near: Near | null, device: HostDevice): boolean => allowed[policy].has(distance(near, device))
