import type { Instance } from "../instance/Instance.ts"
import { elsewhereOf, isDivided, type Taken, takenByServer } from "../placement/demand/Taken.ts"
import type { Placement } from "../placement/PlacementProtocol.ts"
import { capacityOf, type Provider } from "../placement/Provider.ts"
import type { Resources } from "../placement/resourceClasses.ts"
import type { AllocationRatios, Host } from "./Host.ts"
import { sharedCpuCountOf } from "./numa.ts"

/**
 * The host's last word on a claim: `taken` counts every server that names this host, the new one too, `claimed` what clients
 * of Placement hold. The resource that would be promised twice, or `null`. Where CPUs are set apart, pinned ones are no part
 * of those that are shared; which of them is whose is the word of `numaConflict`.
 */
export const shortOf = (host: Host, taken: Taken, claimed: Resources, ratios: AllocationRatios): string | null => {
  const shared = isDivided(host) ? taken.vcpus - taken.pinnedCpus : taken.vcpus
  const all: ReadonlyArray<readonly [string, number, number]> = [
    ["VCPU", shared, (sharedCpuCountOf(host) - ratios.reservedCpus) * ratios.cpu],
    ["MEMORY_MB", taken.ramMb, (host.memoryMb - ratios.reservedRamMb) * ratios.ram],
    ["DISK_GB", taken.diskGb, (host.diskGb - ratios.reservedDiskGb) * ratios.disk]
  ]
  for (const [resource, own, capacity] of all) {
    const wanted = own + (claimed.get(resource) ?? 0)
    if (own > 0 && wanted > capacity) return `${resource}: ${wanted} needed in all, ${capacity} there`
  }
  return null
}

const usual = new Set(["VCPU", "MEMORY_MB", "DISK_GB"])

const shortOfProvider = (placement: Placement["Service"], provider: Provider, asked: Iterable<string>): string | null => {
  const held = placement.held(provider)
  for (const resource of asked) {
    const has = provider.inventories.get(resource)
    const capacity = has === undefined ? 0 : capacityOf(has)
    if (!usual.has(resource) && (held.get(resource) ?? 0) > capacity) return `${resource}: ${held.get(resource)} needed in all, ${capacity} there`
  }
  return null
}

/** The same of other classes, and of other providers that the pick named. */
export const shortElsewhere = (placement: Placement["Service"], host: Host, server: Instance): string | null => {
  const { others } = takenByServer(server)
  if (others.size > 0) {
    const own = placement.provider(host.id)
    const short = own === undefined ? null : shortOfProvider(placement, own, others.keys())
    if (short !== null) return short
  }
  for (const [uuid, amounts] of Object.entries(elsewhereOf(server))) {
    const provider = placement.provider(uuid)
    const short = provider === undefined ? `resource provider ${uuid} is gone` : shortOfProvider(placement, provider, Object.keys(amounts))
    if (short !== null) return short
  }
  return null
}

/** Is this message about the step the server waits for now? A late one must not touch the hypervisor. */
export const isCurrent = (known: Instance | undefined, asked: Instance): boolean =>
  known === undefined || known.generation <= asked.generation
