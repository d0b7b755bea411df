import type { ClaimedDevice, HostDevice } from "./Device.ts"

/** A host's devices and which of them guests have. Shared, and never changed. */
export interface DeviceState {
  readonly all: ReadonlyArray<HostDevice>
  /** How many guests have it, by address: more than one where one was promised twice. */
  readonly taken: ReadonlyMap<string, number>
  /** From here on derived: what may still be given out, and of whose functions some are given out already. */
  readonly free: ReadonlyArray<HostDevice>
  readonly opened: ReadonlySet<string>
}

const nothingTaken: ReadonlyMap<string, number> = new Map()
const nothingOpened: ReadonlySet<string> = new Set()

/** A physical function and its virtual ones exclude each other. */
const stateOf = (all: ReadonlyArray<HostDevice>, taken: ReadonlyMap<string, number>): DeviceState => {
  if (taken.size === 0) return { all, taken, free: all, opened: nothingOpened }
  const opened = new Set(all.flatMap(({ address, parent }) => parent !== undefined && taken.has(address) ? [parent] : []))
  const isFree = ({ address, parent }: HostDevice) =>
    !taken.has(address) && !opened.has(address) && (parent === undefined || !taken.has(parent))
  return { all, taken, free: all.filter(isFree), opened }
}

/** Of a host that has none. */
export const noDevices: DeviceState = stateOf([], nothingTaken)

export const emptyDevices = (all: ReadonlyArray<HostDevice> | undefined): DeviceState =>
  all === undefined || all.length === 0 ? noDevices : stateOf(all, nothingTaken)

const changed = (state: DeviceState, devices: ReadonlyArray<ClaimedDevice>, by: 1 | -1): DeviceState => {
  if (devices.length === 0) return state
  const taken = new Map(state.taken)
  for (const { address } of devices) {
    const count = (taken.get(address) ?? 0) + by
    if (count === 0) taken.delete(address)
    else taken.set(address, count)
  }
  return stateOf(state.all, taken)
}

/** The host with the guest's devices given out. It asks no question; see `deviceConflict`. */
export const claimDevices = (state: DeviceState, devices: ReadonlyArray<ClaimedDevice>): DeviceState => changed(state, devices, 1)
/** What `claimDevices` took is free again. */
export const releaseDevices = (state: DeviceState, devices: ReadonlyArray<ClaimedDevice>): DeviceState => changed(state, devices, -1)

/** Of devices that were chosen on an older state of the host: which is gone, or `null`. */
export const deviceConflict = (others: DeviceState, devices: ReadonlyArray<ClaimedDevice>): string | null => {
  let state = others
  for (const device of devices) {
    if (!state.all.some(({ address }) => address === device.address)) return `PCI device ${device.address} is not there`
    if (!state.free.some(({ address }) => address === device.address)) return `PCI device ${device.address} is taken`
    state = claimDevices(state, [device])
  }
  return null
}
