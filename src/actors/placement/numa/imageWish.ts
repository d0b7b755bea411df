import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import type { Refusal } from "../../shared/Refusal.ts"
import { parseCpus } from "./cpuSpec.ts"
import { type CpuPolicy, cpuPolicies, type PciNumaPolicy, pciNumaPolicies, type ThreadPolicy, threadPolicies } from "./HardwareWish.ts"
import { contradiction } from "./refusal.ts"
import { isTrue, wholeNumber } from "./values.ts"

export type ImageProperties = { readonly [name: string]: string | number | boolean }

export const encryptionModels = ["amd-sev", "amd-sev-es", "amd-sev-snp"] as const
const topologyNames = ["cpu_sockets", "cpu_cores", "cpu_threads", "cpu_max_sockets", "cpu_max_cores", "cpu_max_threads"] as const

/** The image properties that bear on NUMA, CPUs and memory, each of its type; `null`: the image does not say. */
export interface ImageWish {
  readonly cpuPolicy: CpuPolicy | null
  readonly threadPolicy: ThreadPolicy | null
  readonly realtimeMask: string | null
  readonly numaNodes: number | null
  /** By guest node, counted from 0 up to the first that is not named. */
  readonly numaCpus: ReadonlyArray<ReadonlySet<number>> | null
  readonly numaMemoryMb: ReadonlyArray<number> | null
  readonly pageSize: string | null
  readonly isMemoryLocked: boolean | null
  readonly isMemoryEncrypted: boolean | null
  readonly encryptionModel: (typeof encryptionModels)[number] | null
  readonly machineType: string | null
  readonly firmwareType: string | null
  readonly isFirmwareStateless: boolean
  readonly pciNumaPolicy: PciNumaPolicy | null
  readonly requiresHyperthreading: boolean
  readonly topology: Readonly<Record<(typeof topologyNames)[number], number>>
}

const invalid = (name: string, value: unknown, rule: string) =>
  contradiction("InvalidRequest", `Invalid image metadata: ${name} is '${String(value).slice(0, Limits.echoCharsMax)}', it must be ${rule}.`)

const text = (properties: ImageProperties, name: string) => name in properties ? String(properties[name]) : null
const truth = (properties: ImageProperties, name: string) => name in properties ? isTrue(properties[name]!) : null

const among = <A extends string>(
  properties: ImageProperties, name: string, values: ReadonlyArray<A>
): Result.Result<A | null, Refusal> => {
  if (!(name in properties)) return Result.succeed(null)
  const value = values.find((one) => one === properties[name])
  return value === undefined ? invalid(name, properties[name], `one of ${values.join(", ")}`) : Result.succeed(value)
}

const whole = (properties: ImageProperties, name: string): Result.Result<number | null, Refusal> => {
  if (!(name in properties)) return Result.succeed(null)
  const value = wholeNumber(properties[name]!)
  return value === null ? invalid(name, properties[name], "a whole number") : Result.succeed(value)
}

/** Values of `name.0`, `name.1` … up to the first that is missing; `null`: there is none. */
export const eachNode = <A>(
  values: ImageProperties, name: string, read: (key: string) => Result.Result<A, Refusal>
): Result.Result<ReadonlyArray<A> | null, Refusal> => {
  const all: Array<A> = []
  for (let node = 0; node < Limits.guestNumaNodesMax && `${name}.${node}` in values; node++) {
    const one = read(`${name}.${node}`)
    if (Result.isFailure(one)) return Result.fail(one.failure)
    all.push(one.success)
  }
  return Result.succeed(all.length === 0 ? null : all)
}

/** A value of the wrong type is refused, as is every other property's: the image itself is wrong then. */
export const imageWishOf = (properties: ImageProperties): Result.Result<ImageWish, Refusal> =>
  Result.gen(function*() {
    const counts = new Map<string, number>()
    for (const name of topologyNames) counts.set(name, (yield* whole(properties, `hw_${name}`)) ?? 0)
    const count = (name: (typeof topologyNames)[number]) => counts.get(name) ?? 0
    return {
      cpuPolicy: yield* among(properties, "hw_cpu_policy", cpuPolicies),
      threadPolicy: yield* among(properties, "hw_cpu_thread_policy", threadPolicies),
      realtimeMask: text(properties, "hw_cpu_realtime_mask") || null,
      numaNodes: yield* whole(properties, "hw_numa_nodes"),
      numaCpus: yield* eachNode(properties, "hw_numa_cpus", (key) => parseCpus(String(properties[key]))),
      numaMemoryMb: yield* eachNode(properties, "hw_numa_mem", (key) => Result.map(whole(properties, key), (mb) => mb ?? 0)),
      pageSize: text(properties, "hw_mem_page_size") || null,
      isMemoryLocked: truth(properties, "hw_locked_memory"),
      isMemoryEncrypted: truth(properties, "hw_mem_encryption"),
      encryptionModel: yield* among(properties, "hw_mem_encryption_model", encryptionModels),
      machineType: text(properties, "hw_machine_type"),
      firmwareType: text(properties, "hw_firmware_type"),
      isFirmwareStateless: truth(properties, "hw_firmware_stateless") === true,
      pciNumaPolicy: yield* among(properties, "hw_pci_numa_affinity_policy", pciNumaPolicies),
      requiresHyperthreading: properties["trait:HW_CPU_HYPERTHREADING"] === "required",
      topology: {
        cpu_sockets: count("cpu_sockets"), cpu_cores: count("cpu_cores"), cpu_threads: count("cpu_threads"),
        cpu_max_sockets: count("cpu_max_sockets"), cpu_max_cores: count("cpu_max_cores"), cpu_max_threads: count("cpu_max_threads")
      }
    }
  })
