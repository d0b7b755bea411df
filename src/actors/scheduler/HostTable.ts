import type { AllocationRatios, Host } from "../host/Host.ts"
import type { Instance } from "../instance/Instance.ts"
import type { HostState, RequestSpec } from "./Filter.ts"

interface Held {
  readonly instanceId: string
  readonly host: string
  readonly groupId: string | null
  readonly vcpus: number
  readonly ramMb: number
  readonly diskGb: number
  readonly expiresAtMillis: number
}

interface Sums { vcpus: number; ramMb: number; diskGb: number }

/** GiB on the host's disk. */
export const diskGbOf = (flavor: Instance["flavor"]): number =>
  flavor.diskGb + flavor.ephemeralGb + Math.ceil(flavor.swapMb / 1024)

/**
 * Picks not yet visible as the server's own `host`: held here so that the next pick sees them. Oldest first; each
 * goes when its server is placed, gone, or its time is up.
 */
export class Holds {
  #queue: Array<Held> = []
  readonly #sums = new Map<string, Sums>()

  add(held: Held): void {
    this.#queue.push(held)
    this.#count(held, 1)
  }

  /** Drops every hold `isSettled` says is seen elsewhere by now, and those out of time. */
  settle(nowMillis: number, isSettled: (instanceId: string) => boolean): void {
    if (this.#queue.length === 0) return
    this.#queue = this.#queue.filter((held) => {
      const isKept = held.expiresAtMillis > nowMillis && !isSettled(held.instanceId)
      if (!isKept) this.#count(held, -1)
      return isKept
    })
  }

  of(host: string): Readonly<Sums> | undefined {
    return this.#sums.get(host)
  }

  hostsOfGroup(groupId: string): Array<string> {
    return this.#queue.filter((held) => held.groupId === groupId).map((held) => held.host)
  }

  #count(held: Held, sign: 1 | -1): void {
    const sums = this.#sums.get(held.host) ?? { vcpus: 0, ramMb: 0, diskGb: 0 }
    sums.vcpus += sign * held.vcpus
    sums.ramMb += sign * held.ramMb
    sums.diskGb += sign * held.diskGb
    if (sums.vcpus === 0 && sums.ramMb === 0 && sums.diskGb === 0) this.#sums.delete(held.host)
    else this.#sums.set(held.host, sums)
  }
}

export interface HostUsage {
  readonly instances: number
  readonly cores: number
  readonly ramMb: number
  readonly diskGb: number
}

/** One host for the filters: the record, the live usage, the holds. */
export const hostState = (
  host: Host, isUp: boolean, usage: HostUsage, held: Readonly<Sums> | undefined, ratios: AllocationRatios
): HostState => ({
  hostname: host.hostname,
  availabilityZone: host.availabilityZone,
  isUp: isUp && !host.isForcedDown,
  isDisabled: host.isDisabled,
  disabledReason: host.disabledReason,
  vcpus: host.vcpus,
  memoryMb: host.memoryMb,
  vcpuCapacity: host.vcpus * ratios.cpu,
  ramCapacityMb: (host.memoryMb - ratios.reservedRamMb) * ratios.ram,
  diskCapacityGb: host.diskGb * ratios.disk,
  vcpusUsed: usage.cores + (held?.vcpus ?? 0),
  ramUsedMb: usage.ramMb + (held?.ramMb ?? 0),
  diskUsedGb: usage.diskGb + (held?.diskGb ?? 0),
  instances: usage.instances
})

export const requestSpec = (instance: Instance, groupHosts: ReadonlyMap<string, number>): RequestSpec => ({
  instanceId: instance.id,
  projectId: instance.projectId,
  vcpus: instance.flavor.vcpus,
  ramMb: instance.flavor.ramMb,
  diskGb: diskGbOf(instance.flavor),
  availabilityZone: instance.wish.availabilityZone,
  host: instance.wish.host,
  isForced: instance.wish.isForced,
  excludedHosts: instance.work?.excludedHosts ?? [],
  groupPolicy: instance.wish.groupPolicy,
  maxServerPerHost: instance.wish.maxServerPerHost,
  groupHosts
})
