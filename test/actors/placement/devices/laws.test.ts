/** What holds of every host's devices and every request; the seed of what does not is printed. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { chooseDevices, holdsDevices } from "../../../../src/actors/placement/devices/chooseDevices.ts"
import type { ClaimedDevice } from "../../../../src/actors/placement/devices/Device.ts"
import { claimDevices, deviceConflict, emptyDevices, releaseDevices } from "../../../../src/actors/placement/devices/DeviceState.ts"
import { brokenConstraint } from "../../../../src/actors/placement/numa/cellRules.ts"
import { fit, fitsWithDevices } from "../../../../src/actors/placement/numa/fit.ts"
import type { GuestTopology } from "../../../../src/actors/placement/numa/GuestTopology.ts"
import type { HostTopology } from "../../../../src/actors/placement/numa/HostTopology.ts"
import { gpu, nic } from "../../../fixtures/devices.ts"
import { Guest, guestFrom, Host, hostFrom } from "../numa/generated.ts"
import { canHave, Devices, Requests, requestsFrom, stateFrom } from "./generated.ts"

const runs = { arbitrary: { runs: 2_000 } }
const noCells: HostTopology = { cells: [] }

/** In sockets of two cells each, or of unknown ones. */
const hostOf = (made: typeof Host.Type, hasSockets: boolean): HostTopology =>
  ({ cells: hostFrom(made).cells.map((cell) => ({ ...cell, socket: hasSockets ? cell.id >> 1 : null })) })

/** Every way to put the guest's cells into different host cells. */
function* waysOf(host: HostTopology, guest: GuestTopology, at = 0, taken: ReadonlyArray<number> = []): Generator<ReadonlyArray<number>> {
  if (at === guest.cells.length) yield taken
  else for (const cell of host.cells) {
    if (!taken.includes(cell.id) && brokenConstraint(cell, guest, at, null) === null) yield* waysOf(host, guest, at + 1, [...taken, cell.id])
  }
}

describe("devices for a guest", () => {
  it.prop("are found where any choice would do, and there alone", [Devices, Requests], ([made, asked]) => {
    const state = stateFrom(made)
    const requests = requestsFrom(asked)
    const found = chooseDevices(state, requests, null, null)
    assert.strictEqual(found !== null, canHave(state, requests, noCells, null))
    assert.strictEqual(holdsDevices(state, requests), found !== null)
    if (found !== null) assert.isNull(deviceConflict(state, found))
  }, runs)

  it.prop("are each of the kind that asked, and none is given twice", [Devices, Requests], ([made, asked]) => {
    const state = stateFrom(made)
    const found = chooseDevices(state, requestsFrom(asked), null, null) ?? []
    assert.strictEqual(new Set(found.map(({ address }) => address)).size, found.length)
    for (const { alias, type } of found) assert.strictEqual(type, { gpu: "type-PCI", vf: "type-VF", pf: "type-PF" }[alias!])
  }, runs)

  it.prop("and its cells fit at once where any choice of both would do, and there alone", [Host, Guest, Devices, Requests, Schema.Boolean], ([madeHost, madeGuest, made, asked, hasSockets]) => {
    const host = hostOf(madeHost, hasSockets)
    const guest = guestFrom(madeGuest)
    if (guest === null) return
    const devices = { state: stateFrom(made), requests: requestsFrom(asked) }
    const expected = waysOf(host, guest).some((cells) => canHave(devices.state, devices.requests, host, cells))
    assert.strictEqual(fitsWithDevices(host, guest, null, devices), expected)
    const found = fit(host, guest, { limits: null, isPacked: false, devices })
    assert.strictEqual(Result.isSuccess(found), expected)
    if (Result.isFailure(found)) return
    const chosen = chooseDevices(devices.state, devices.requests, host, found.success.cells.map(({ hostCell }) => hostCell))
    assert.isNotNull(chosen)
  }, { arbitrary: { runs: 1_000 } })

  it.prop("are not lost when the host has one more, or one less is asked for", [Devices, Requests, Schema.Boolean], ([made, asked, isGpu]) => {
    const state = stateFrom(made)
    const requests = requestsFrom(asked)
    if (!holdsDevices(state, requests)) return
    const more = [...state.all, ...isGpu ? [gpu(99, 0)] : nic(99, 2, 1)]
    assert.isTrue(holdsDevices({ ...emptyDevices(more), free: [...state.free, ...more.slice(state.all.length)] }, requests))
    assert.isTrue(holdsDevices(state, requests.slice(1)))
  }, runs)
})

describe("a claim of devices", () => {
  it.prop("is undone by its release, whatever came between, and never takes what is not there", [Devices, Schema.Array(Requests).check(Schema.isMaxLength(4))], ([made, all]) => {
    const before = stateFrom(made)
    const claims: Array<ReadonlyArray<ClaimedDevice>> = []
    const given = new Set(before.taken.keys())
    let now = before
    for (const asked of all) {
      const found = chooseDevices(now, requestsFrom(asked), null, null)
      if (found === null) continue
      for (const { address } of found) {
        assert.isTrue(now.all.some((device) => device.address === address))
        assert.isFalse(given.has(address), `${address} twice`)
        given.add(address)
      }
      claims.push(found)
      now = claimDevices(now, found)
    }
    for (const { address, parent } of now.all) if (parent !== undefined) assert.isFalse(given.has(address) && given.has(parent))
    for (const devices of claims) now = releaseDevices(now, devices)
    assert.deepStrictEqual(now, before)
  }, runs)

  it("that was promised twice is free again only when both are gone", () => {
    const empty = emptyDevices([gpu(1), gpu(2)])
    const [one] = empty.all
    const twice = claimDevices(claimDevices(empty, [one!]), [one!])
    assert.deepStrictEqual(releaseDevices(twice, [one!]).free, empty.all.slice(1))
    assert.deepStrictEqual(releaseDevices(releaseDevices(twice, [one!]), [one!]), empty)
    assert.strictEqual(deviceConflict(twice, [one!]), "PCI device 0000:01:00.0 is taken")
    assert.strictEqual(deviceConflict(twice, [gpu(3)]), "PCI device 0000:03:00.0 is not there")
  })
})
