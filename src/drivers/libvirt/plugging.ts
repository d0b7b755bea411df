/** Takes a running guest's devices of the host from it, and gives them back: its memory cannot be saved beside them. */
import { Clock, Effect } from "effect"
import { DriverError } from "../Driver.ts"
import { deviceKey, hostDevicesIn } from "./deviceXml.ts"
import { driverLimits } from "./driverLimits.ts"
import { affect, type Client, domainByUuid, type LibvirtFailure } from "./node-libvirt/index.ts"
import { type Element, parse, render } from "./xml.ts"

const pluggedIn = (client: Client, id: string): Effect.Effect<ReadonlyArray<Element>, LibvirtFailure> =>
  Effect.map(client.domainGetXml({ domain: domainByUuid(id) }), (xml) => hostDevicesIn(parse(xml)))

/** Devices that the guest does not have yet. */
export const plug = (client: Client, id: string, devices: ReadonlyArray<Element>): Effect.Effect<void, LibvirtFailure> =>
  devices.length === 0 ? Effect.void : Effect.flatMap(pluggedIn(client, id), (all) => {
    const there = new Set(all.map(deviceKey))
    return Effect.forEach(devices.filter((one) => !there.has(deviceKey(one))), (one) =>
      client.domainAttachDevice({ domain: domainByUuid(id), xml: render(one), flags: affect.live }), { discard: true })
  })

/** The guest lets go of a device when it has time to. */
const awaitUnplugged = (client: Client, id: string): Effect.Effect<void, LibvirtFailure | DriverError> =>
  Effect.gen(function*() {
    const startMillis = yield* Clock.currentTimeMillis
    while (true) {
      const left = yield* pluggedIn(client, id)
      if (left.length === 0) return
      if ((yield* Clock.currentTimeMillis) - startMillis >= driverLimits.unplugMillisMax) {
        return yield* new DriverError({
          operation: "suspend", message: `server ${id} does not let go of ${left.map(deviceKey).join(", ")}`, isRetryable: false
        })
      }
      yield* Effect.sleep(driverLimits.unplugPollMillis)
    }
  })

/** Does something while the guest has none of them. Those that it let go of are given back when that fails, or when it holds on to others. */
export const withoutDevices = <A>(client: Client, id: string, act: Effect.Effect<A, LibvirtFailure>): Effect.Effect<A, LibvirtFailure | DriverError> =>
  Effect.flatMap(pluggedIn(client, id), (devices) =>
    devices.length === 0 ? act : Effect.forEach(devices, (one) =>
      client.domainDetachDevice({ domain: domainByUuid(id), xml: render(one), flags: affect.live }), { discard: true }).pipe(
      Effect.andThen(awaitUnplugged(client, id)),
      Effect.andThen(act),
      Effect.tapError(() => Effect.ignore(plug(client, id, devices)))
    ))
