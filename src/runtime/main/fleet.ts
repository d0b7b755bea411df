import { Effect, Layer, Result } from "effect"
import type { Instance } from "../../actors/instance/Instance.ts"
import { isLive } from "../../actors/instance/Instance.ts"
import { type DeviceSpec, parseDeviceSpecs } from "../../actors/placement/devices/deviceSpecs.ts"
import { powerStates } from "../../actors/instance/states.ts"
import type { DomainStatus, DriverError, Fleet, PowerState } from "../../drivers/Driver.ts"
import * as LibvirtDriver from "../../drivers/libvirt/LibvirtDriver.ts"
import type { Faults } from "../../drivers/simulated/Faults.ts"
import * as SimulatedFleet from "../../drivers/simulated/SimulatedFleet.ts"
import { InstanceIndex } from "../kernel/InstanceIndex.ts"

/** A suspended server's power is off, and its hypervisor keeps its memory. */
const powerOf = ({ powerState, vmState }: Instance): PowerState =>
  vmState === "suspended"
    ? "suspended"
    : (Object.keys(powerStates) as Array<PowerState>).find((name) => powerStates[name] === powerState) ?? "nostate"

/** What a simulated hypervisor would have kept running while this process was away: what the journal says ran. */
function* survivorsOn(index: InstanceIndex["Service"], hostname: string): Iterable<DomainStatus> {
  for (const instance of index.onHost(hostname)) {
    if (isLive(instance) && instance.launchedAt !== null) yield { id: instance.id, power: powerOf(instance) }
  }
}

/** What an option says that was found to be right. */
export const deviceSpecsOf = (given: string | null): ReadonlyArray<DeviceSpec> =>
  given === null ? [] : Result.getOrElse(parseDeviceSpecs(given), () => [])

export const wordsOf = (given: string | null): ReadonlyArray<string> =>
  (given ?? "").split(",").map((word) => word.trim()).filter((word) => word !== "")

/** Hosts that exist only in this process; their guests outlive it by the journal. */
export const simulated = (options: Omit<SimulatedFleet.Options, "survivors">): Layer.Layer<Fleet | Faults, never, InstanceIndex> =>
  Layer.unwrap(Effect.map(InstanceIndex, (index) =>
    SimulatedFleet.layer({ ...options, survivors: (hostname) => survivorsOn(index, hostname) })))

/** The hypervisor of one machine, by libvirt. */
export const libvirt = (options: LibvirtDriver.LibvirtDriverOptions): Layer.Layer<Fleet, DriverError> =>
  LibvirtDriver.layer(options)
