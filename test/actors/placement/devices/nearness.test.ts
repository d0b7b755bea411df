/** How near devices must be to a guest's cells, and which cells and devices are taken where several would do. */
import { assert, describe, it } from "vitest"
import { Result } from "effect"
import { chooseDevices } from "../../../../src/actors/placement/devices/chooseDevices.ts"
import type { DeviceRequest } from "../../../../src/actors/placement/devices/DeviceRequest.ts"
import type { PciNumaPolicy } from "../../../../src/actors/placement/numa/HardwareWish.ts"
import { fit } from "../../../../src/actors/placement/numa/fit.ts"
import { devicesOf, gpu, request } from "../../../fixtures/devices.ts"
import { cellOf, guestOf, hostOf } from "../numa/guests.ts"

/** Two sockets of two cells each. */
const host = hostOf(...[0, 1, 2, 3].map((id) => cellOf(id, 2, 1, { socket: id >> 1 })))
const unknownSockets = hostOf(...[0, 1, 2, 3].map((id) => cellOf(id, 2, 1)))
const guest = guestOf(2, 512, { cpu_policy: "dedicated" })

const may = (policy: PciNumaPolicy, node: number | null, on = host) =>
  chooseDevices(devicesOf([gpu(1, node)]), [request("gpu", 1, policy)], on, [0]) !== null

describe("a guest in the first cell", () => {
  it.each<readonly [PciNumaPolicy, readonly [own: boolean, sameSocket: boolean, other: boolean, unknown: boolean]]>([
    ["required", [true, false, false, false]],
    ["socket", [true, true, false, false]],
    ["legacy", [true, false, false, true]],
    ["preferred", [true, true, true, true]]
  ])("by policy %s may have devices of its cell, its socket, another, nobody knows which: %j", (policy, expected) =>
    assert.deepStrictEqual([0, 1, 2, null].map((node) => may(policy, node)), [...expected]))

  it("has no socket where nobody knows one", () =>
    assert.deepStrictEqual([0, 1, 2].map((node) => may("socket", node, unknownSockets)), [true, false, false]))

  it("without cells may have any", () =>
    assert.isNotNull(chooseDevices(devicesOf([gpu(1, 3)]), [request("gpu", 1, "required")], host, null)))

  it("gets the nearest that there are", () => {
    const nodesOf = (taken: ReadonlyArray<string>) =>
      chooseDevices(devicesOf([gpu(1, 2), gpu(2, null), gpu(3, 1), gpu(4, 0)], ...taken), [request("gpu", 1, "preferred")], host, [0])?.map(({ numaNode }) => numaNode)
    assert.deepStrictEqual([nodesOf([]), nodesOf(["0000:04:00.0"]), nodesOf(["0000:04:00.0", "0000:03:00.0"])], [[0], [1], [null]])
  })
})

describe("a guest of one cell", () => {
  const cellFor = (requests: ReadonlyArray<DeviceRequest>, on = host) =>
    Result.getOrThrow(fit(on, guest, { limits: null, isPacked: false, devices: { state: devicesOf([gpu(1, 0), gpu(2, 0), gpu(3, 2)]), requests } })).cells[0]?.hostCell

  it("leaves the cells with most devices to others, where it asks for none", () => assert.strictEqual(cellFor([]), 1))

  it("prefers them where it asks for some, though another is less used", () => {
    const used = hostOf(...host.cells.map((cell) => cell.id === 0 ? cellOf(0, 2, 1, { socket: 0, memoryUsedMb: 1024 }) : cell))
    assert.strictEqual(cellFor([request("gpu", 1, "preferred")], used), 0)
  })

  it("lies where its devices are, whatever comes first", () => {
    const full = hostOf(...host.cells.map((cell) => cell.id === 0 ? cellOf(0, 2, 1, { socket: 0, pinned: new Set([0]) }) : cell))
    assert.deepStrictEqual([cellFor([request("gpu", 1, "required")], full), cellFor([request("gpu", 2, "socket")], full)], [2, 1])
  })
})
