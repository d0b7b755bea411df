/** Devices and requests of every kind, few enough that all ways can be tried; and a plain reading of the rules to try them with. */
import { Schema } from "effect"
import { claimDevices, type DeviceState, emptyDevices } from "../../../../src/actors/placement/devices/DeviceState.ts"
import type { HostDevice } from "../../../../src/actors/placement/devices/Device.ts"
import type { DeviceRequest } from "../../../../src/actors/placement/devices/DeviceRequest.ts"
import type { HostTopology } from "../../../../src/actors/placement/numa/HostTopology.ts"
import { gpu, nic, request } from "../../../fixtures/devices.ts"

/** -1: nobody knows. */
const Node = Schema.Literals([-1, 0, 0, 1, 1, 2])
const nodeOf = (node: number) => node < 0 ? null : node

export const Devices = Schema.Struct({
  gpus: Schema.Array(Node).check(Schema.isMaxLength(3)),
  nics: Schema.Array(Schema.Struct({ node: Node, vfs: Schema.Literals([0, 1, 2]) })).check(Schema.isMaxLength(2)),
  /** Bits by device. */
  taken: Schema.Literals([0, 0, 0, 1, 2, 4, 5, 8, 16, 48])
})
export const Requests = Schema.Array(Schema.Struct({
  name: Schema.Literals(["gpu", "vf", "vf", "pf"]),
  count: Schema.Literals([1, 1, 2]),
  policy: Schema.Literals(["legacy", "required", "preferred", "socket"])
})).check(Schema.isMaxLength(3))

const listOf = ({ gpus, nics }: typeof Devices.Type): ReadonlyArray<HostDevice> =>
  [...gpus.map((node, at) => gpu(at + 1, nodeOf(node))), ...nics.flatMap(({ node, vfs }, at) => nic(at + 16, vfs, nodeOf(node)))]

/** Devices are taken as guests would: one after the other, as far as each is free. */
export const stateFrom = (made: typeof Devices.Type): DeviceState => {
  let state = emptyDevices(listOf(made))
  for (const [at, device] of state.all.entries()) {
    if ((made.taken >> at & 1) === 1 && state.free.includes(device)) state = claimDevices(state, [device])
  }
  return state
}

export const requestsFrom = (made: typeof Requests.Type): ReadonlyArray<DeviceRequest> =>
  made.map(({ count, name, policy }) => request(name, count, policy))

const isOfKind = (device: HostDevice, name: string): boolean =>
  name === "gpu" ? device.type === "type-PCI" : name === "vf" ? device.type === "type-VF" : device.type === "type-PF"

const isNearEnough = (device: HostDevice, policy: string, host: HostTopology, cells: ReadonlyArray<number> | null): boolean => {
  if (cells === null || policy === "preferred") return true
  const { numaNode } = device
  if (numaNode === null) return policy === "legacy"
  if (cells.includes(numaNode)) return true
  const socketOf = (id: number) => host.cells.find((cell) => cell.id === id)?.socket ?? null
  return policy === "socket" && host.cells.every(({ socket }) => socket !== null) && socketOf(numaNode) !== null &&
    cells.some((id) => socketOf(id) === socketOf(numaNode))
}

/** Can they be had at once? Every way is tried. */
export const canHave = (state: DeviceState, asked: ReadonlyArray<DeviceRequest>, host: HostTopology, cells: ReadonlyArray<number> | null): boolean => {
  const units = asked.flatMap((one) => Array.from({ length: one.count }, () => one))
  const has = (device: HostDevice, given: ReadonlyArray<HostDevice>): boolean =>
    state.taken.has(device.address) || given.includes(device)
  const isFree = (device: HostDevice, given: ReadonlyArray<HostDevice>): boolean =>
    !has(device, given) && !state.all.some((other) =>
      (other.parent === device.address || device.parent === other.address) && has(other, given))
  const go = (at: number, given: ReadonlyArray<HostDevice>): boolean => {
    const unit = units[at]
    return unit === undefined || state.all.some((device) =>
      isOfKind(device, unit.name) && isNearEnough(device, unit.policy, host, cells) && isFree(device, given) && go(at + 1, [...given, device]))
  }
  return go(0, [])
}
