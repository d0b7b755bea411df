import type { Instance } from "../instance/Instance.ts"
import type { AllocationRatios, Host } from "./Host.ts"
import { sharedCpuCountOf } from "./numa.ts"

interface Taken {
  readonly cores: number
  readonly ramMb: number
  readonly diskGb: number
}

/**
 * The host's last word on a claim: `used` counts every server that names this host, the new one too. `true`, or the
 * resource that would be promised twice. Where CPUs are set apart, pinned ones are no part of those that are shared; which
 * of them is whose is the word of `numaConflict`.
 */
export const holds = (host: Host, used: Taken, pinnedCpus: () => number, ratios: AllocationRatios): true | string => {
  const shared = host.cpuSets === undefined ? used.cores : used.cores - pinnedCpus()
  const short: ReadonlyArray<readonly [string, number, number]> = [
    ["VCPU", shared, (sharedCpuCountOf(host) - ratios.reservedCpus) * ratios.cpu],
    ["MEMORY_MB", used.ramMb, (host.memoryMb - ratios.reservedRamMb) * ratios.ram],
    ["DISK_GB", used.diskGb, (host.diskGb - ratios.reservedDiskGb) * ratios.disk]
  ]
  const over = short.find(([, wanted, capacity]) => wanted > capacity)
  return over === undefined || `${over[0]}: ${over[1]} needed in all, ${over[2]} there`
}

/** Is this message about the step the server waits for now? A late one must not touch the hypervisor. */
export const isCurrent = (known: Instance | undefined, asked: Instance): boolean =>
  known === undefined || known.generation <= asked.generation
