/** Devices that a running guest lets go of, and gets again: on a guest that a test makes up. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { hostDevices } from "../../../src/drivers/libvirt/deviceXml.ts"
import { driverLimits } from "../../../src/drivers/libvirt/driverLimits.ts"
import { mdevDevice } from "../../../src/drivers/libvirt/mdevs.ts"
import { type Client, errorCode, LibvirtError } from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { plug, withoutDevices } from "../../../src/drivers/libvirt/plugging.ts"
import { type Element, parse, render } from "../../../src/drivers/libvirt/xml.ts"
import { gpu, nic } from "../../fixtures/devices.ts"
import { domainSpec } from "./domainSpec.ts"

const [, vf] = nic(0x81, 1)
const card = { portId: "p", networkId: "n", macAddress: "fa:16:3e:00:00:01", mtu: 1500, fixedIps: [], vnicType: "direct", device: vf! }
const devices = [...hostDevices(domainSpec({ nics: [card], devices: [{ ...gpu(1), alias: "gpu" }] })), mdevDevice("u-1")]

/** It lets go of a device as soon as it is asked, or never. */
const aGuest = (had: ReadonlyArray<Element>, holdsOnTo = "") => {
  const plugged = new Map(had.map((one) => [render(one), one]))
  const client: Partial<Client> = {
    domainGetXml: () => Effect.sync(() =>
      `<domain><devices><interface type='bridge'><source bridge='br'/></interface>${[...plugged.keys()].join("")}</devices></domain>`),
    domainDetachDevice: ({ xml }) => Effect.sync(() => {
      if (holdsOnTo === "" || !xml.includes(holdsOnTo)) plugged.delete(xml)
    }),
    domainAttachDevice: ({ xml }) => Effect.sync(() => void plugged.set(xml, parse(xml)))
  }
  return { client: client as Client, plugged }
}
const failure = new LibvirtError({ procedure: "save", code: errorCode.operationFailed, domain: 1, level: 2, message: "no space" })

describe("a running guest's devices of the host", () => {
  it.effect("are gone while its memory is saved, and are given back once it runs, each once", () =>
    Effect.gen(function*() {
      const { client, plugged } = aGuest(devices)
      assert.strictEqual(yield* withoutDevices(client, "g", Effect.sync(() => plugged.size)), 0)
      yield* plug(client, "g", devices.slice(1))
      yield* plug(client, "g", devices)
      assert.deepStrictEqual([...plugged.keys()].toSorted(), devices.map((one) => render(one)).toSorted())
    }))

  it.effect("are given back when its memory cannot be saved", () =>
    Effect.gen(function*() {
      const { client, plugged } = aGuest(devices)
      assert.strictEqual(yield* Effect.flip(withoutDevices(client, "g", Effect.fail(failure))), failure)
      assert.strictEqual(plugged.size, devices.length)
    }))

  it.effect("are given back when it holds on to one of them", () =>
    Effect.gen(function*() {
      const { client, plugged } = aGuest(devices, "u-1")
      const waiting = yield* Effect.forkChild(Effect.flip(withoutDevices(client, "g", Effect.die("saved"))), { startImmediately: true })
      yield* TestClock.adjust(driverLimits.unplugMillisMax - 1)
      assert.isUndefined(waiting.pollUnsafe())
      assert.strictEqual(plugged.size, 1)
      yield* TestClock.adjust(driverLimits.unplugPollMillis)
      assert.strictEqual((yield* Fiber.join(waiting)).message, "server g does not let go of u-1")
      assert.strictEqual(plugged.size, devices.length)
    }))

  it.effect("are no matter where there are none", () =>
    Effect.gen(function*() {
      const { client } = aGuest([])
      assert.strictEqual(yield* withoutDevices(client, "g", Effect.succeed("saved")), "saved")
    }))
})
