import type { Host } from "../../actors/host/Host.ts"
import type { Instance } from "../../actors/instance/Instance.ts"
import { presencesOf } from "../../actors/instance/presences.ts"
import type { ClaimedDevice } from "../../actors/placement/devices/Device.ts"
import { claimDevices, type DeviceState, emptyDevices, noDevices, releaseDevices } from "../../actors/placement/devices/DeviceState.ts"

/** What hosts and servers are now. */
interface Sources {
  readonly host: (hostname: string) => Host | undefined
  readonly server: (id: string) => Instance | undefined
  readonly onHost: (hostname: string) => Iterable<Instance>
  readonly movingOn: (hostname: string) => Iterable<Instance>
}

const none: ReadonlyArray<ClaimedDevice> = []

/** What a server has of a host. */
const devicesOn = (instance: Instance | undefined, hostname: string): ReadonlyArray<ClaimedDevice> =>
  presencesOf(instance).find(({ host }) => host === hostname)?.devices ?? none
/** Where it has any. */
const hostsOf = (instance: Instance | undefined): ReadonlyArray<string> =>
  presencesOf(instance).flatMap(({ devices, host }) => devices == null ? [] : [host!])

/** Hosts' devices with what their servers have of them: folded when somebody first asks, and kept by difference from then on. */
export class DeviceFold {
  readonly #folded = new Map<string, DeviceState>()
  readonly #sources: Sources

  constructor(sources: Sources) {
    this.#sources = sources
  }

  of(hostname: string): DeviceState {
    let state = this.#folded.get(hostname)
    if (state === undefined) {
      const { host, movingOn, onHost } = this.#sources
      state = emptyDevices(host(hostname)?.devices)
      for (const instances of [onHost(hostname), movingOn(hostname)]) {
        for (const { devices } of instances) if (devices != null) state = claimDevices(state, devices)
      }
      // What has none is as quickly said again.
      if (state !== noDevices) this.#folded.set(hostname, state)
    }
    return state
  }

  without(hostname: string, instanceId: string): DeviceState {
    return releaseDevices(this.of(hostname), devicesOn(this.#sources.server(instanceId), hostname))
  }

  change(before: Instance | undefined, after: Instance | undefined): void {
    for (const hostname of new Set([...hostsOf(before), ...hostsOf(after)])) {
      const known = this.#folded.get(hostname)
      if (known === undefined) continue
      const from = devicesOn(before, hostname)
      const to = devicesOn(after, hostname)
      if (from !== to) this.#folded.set(hostname, claimDevices(releaseDevices(known, from), to))
    }
  }

  /** The host's record changed. */
  forget(hostname: string): void {
    this.#folded.delete(hostname)
  }
}
