import { Result } from "effect"
import type { DomainNuma, DomainSpec } from "../../drivers/Driver.ts"
import type { Instance } from "../instance/Instance.ts"
import type { NumaFit } from "../instance/numaFit.ts"
import { realtimeCpusOf } from "../placement/numa/cpuMasks.ts"
import type { EmulatorThreadsPolicy, HardwareWish } from "../placement/numa/HardwareWish.ts"
import type { HostTopology } from "../placement/numa/HostTopology.ts"
import { imageWishOf } from "../placement/numa/imageWish.ts"
import { isMemoryLocked } from "../placement/numa/lockedMemory.ts"
import { cpuTopologyOf, numaOf } from "../placement/numa/Numa.ts"
import type { Host } from "./Host.ts"
import { emptyTopologyOf } from "./numa.ts"

type Hardware = Pick<DomainSpec, "cpuTopology" | "numa" | "sharedCpus" | "isMemoryLocked">

/** What the guest's policies mean for its threads. */
interface Threads {
  readonly emulator: EmulatorThreadsPolicy | null
  readonly realtime: ReadonlySet<number> | null
}

/** Each of the guest's CPUs with its host CPU, or with all that shared CPUs of its cell float over. */
const pinsOf = (fit: NumaFit, host: HostTopology): DomainNuma["pins"] =>
  fit.cells.flatMap(({ guest, hostCell, pins }) => {
    const floating = host.cells.find(({ id }) => id === hostCell)?.sharedCpus ?? []
    return [...pins.map(([cpu, hostCpu]) => ({ cpu, hostCpus: [hostCpu] })), ...guest.sharedCpus.map((cpu) => ({ cpu, hostCpus: floating }))]
  }).sort((a, b) => a.cpu - b.cpu)

const ascending = (cpus: Iterable<number>) => [...new Set(cpus)].sort((a, b) => a - b)

/** On CPUs of their own, on the host's shared ones, or beside the guest's CPUs that are not realtime. */
const emulatorCpusOf = (fit: NumaFit, pins: DomainNuma["pins"], { emulator, realtime }: Threads, host: Host): ReadonlyArray<number> => {
  const shared = host.cpuSets?.shared ?? null
  if (emulator === "isolate") return ascending(fit.cells.flatMap(({ reserved }) => reserved))
  if (emulator === "share" && shared !== null) return shared
  return ascending(pins.filter(({ cpu }) => realtime?.has(cpu) !== true).flatMap(({ hostCpus }) => hostCpus))
}

const domainNuma = (fit: NumaFit, threads: Threads, host: Host): DomainNuma => {
  const topology = emptyTopologyOf(host)
  const pins = pinsOf(fit, topology)
  return {
    cells: fit.cells.map(({ guest, hostCell, pageSizeKb }) => ({
      cpus: ascending([...guest.sharedCpus, ...guest.dedicatedCpus]),
      memoryMb: guest.memoryMb,
      hostCell,
      hugePageKb: pageSizeKb === topology.cells.find(({ id }) => id === hostCell)?.pages[0]?.sizeKb ? null : pageSizeKb
    })),
    pins,
    emulatorCpus: emulatorCpusOf(fit, pins, threads, host),
    realtimeCpus: ascending(threads.realtime ?? [])
  }
}

/** What a server's flavor and image ask of its virtual hardware; it was found to make sense when the server was made. */
const wishOf = ({ flavor, imageProperties }: Instance): Result.Result<HardwareWish, unknown> =>
  Result.map(imageWishOf(imageProperties), (image) => ({ vcpus: flavor.vcpus, memoryMb: flavor.ramMb, extraSpecs: flavor.extraSpecs, image }))

/** The part of the specification that NUMA, pinning, huge pages and CPU topology decide. */
export const domainHardware = (instance: Instance, host: Host | undefined): Hardware => {
  const said = Result.gen(function*() {
    const wish = yield* wishOf(instance)
    return {
      cpuTopology: yield* cpuTopologyOf(wish),
      emulator: (yield* numaOf(instance.flavor, instance.imageProperties))?.emulatorThreads ?? null,
      realtime: yield* realtimeCpusOf(wish),
      isLocked: yield* isMemoryLocked(wish)
    }
  })
  // A server of an older release, from before such wishes were checked, runs as it always did.
  if (Result.isFailure(said)) return {}
  const { cpuTopology, emulator, isLocked, realtime } = said.success
  return {
    cpuTopology,
    // Realtime threads must never wait for a page to come back from a disk.
    ...(isLocked || realtime !== null ? { isMemoryLocked: true } : {}),
    ...(instance.numa != null && host !== undefined
      ? { numa: domainNuma(instance.numa, { emulator, realtime }, host) }
      : host?.cpuSets?.shared == null ? {} : { sharedCpus: host.cpuSets.shared })
  }
}
