import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import { dedicatedCpusOf, realtimeCpusOf } from "./cpuMasks.ts"
import { cpuPolicyOf, emulatorThreadsOf, threadPolicyOf } from "./cpuPolicies.ts"
import { firstCpus } from "./cpuSpec.ts"
import { guestCellsOf, nodeCountOf } from "./guestCells.ts"
import type { GuestTopology } from "./GuestTopology.ts"
import type { CpuPolicy, EmulatorThreadsPolicy, HardwareWish, ThreadPolicy } from "./HardwareWish.ts"
import { impliedCpuPolicy, impliedThreadPolicy } from "./impliedPolicies.ts"
import { isMemoryLocked } from "./lockedMemory.ts"
import { pageSizeOf } from "./pageSize.ts"
import { contradiction } from "./refusal.ts"

/** Every policy a wish names, or implies. */
interface Policies {
  readonly cpu: CpuPolicy | null
  readonly thread: ThreadPolicy | null
  readonly emulatorThreads: EmulatorThreadsPolicy | null
  readonly realtime: ReadonlySet<number> | null
  readonly masked: ReadonlySet<number> | null
}

/** Read in the reference's order, which decides what a wish with several faults is refused for. */
const policiesOf = (wish: HardwareWish): Result.Result<Policies, Refusal> =>
  Result.gen(function*() {
    const cpu = yield* cpuPolicyOf(wish)
    const thread = yield* threadPolicyOf(wish)
    const realtime = yield* realtimeCpusOf(wish)
    const masked = yield* dedicatedCpusOf(wish)
    const emulatorThreads = yield* emulatorThreadsOf(wish)
    return {
      cpu: yield* impliedCpuPolicy(wish, cpu, emulatorThreads),
      thread: yield* impliedThreadPolicy(wish, thread),
      emulatorThreads, realtime, masked
    }
  })

/** Which of the guest's CPUs are dedicated; refuses policies that make no sense under the CPU policy. */
const dedicatedUnder = (wish: HardwareWish, { cpu, emulatorThreads, masked, realtime, thread }: Policies): Result.Result<ReadonlySet<number>, Refusal> => {
  if (cpu === "mixed") {
    if ((masked === null) === (realtime === null)) {
      return contradiction("RequiredMixedOrRealtimeCPUMask", "hw:cpu_policy=mixed needs hw:cpu_dedicated_mask, or hw:cpu_realtime with a mask, and not both.")
    }
    return Result.succeed(masked ?? realtime ?? new Set())
  }
  if (cpu !== "dedicated") {
    if (thread !== null) return contradiction("CPUThreadPolicyConfigurationInvalid", `hw:cpu_thread_policy=${thread} needs hw:cpu_policy=dedicated or mixed.`)
    if (emulatorThreads === "isolate") return contradiction("BadRequirementEmulatorThreadsPolicy", "hw:emulator_threads_policy=isolate needs hw:cpu_policy=dedicated or mixed.")
  }
  if (masked !== null) return contradiction("RequiredMixedInstancePolicy", "hw:cpu_dedicated_mask needs hw:cpu_policy=mixed.")
  if (cpu === "dedicated") return Result.succeed(firstCpus(wish.vcpus))
  return realtime === null
    ? Result.succeed(new Set())
    : contradiction("RealtimeConfigurationInvalid", "hw:cpu_realtime needs hw:cpu_policy=dedicated or mixed.")
}

const hasPersistentMemory = (wish: HardwareWish): boolean =>
  (wish.extraSpecs["hw:pmem"] ?? "").split(",").some((label) => label.trim() !== "")

/** The guest's topology; `null`: its CPUs and memory may lie anywhere. Refused where the wish contradicts itself. */
export const guestTopologyOf = (wish: HardwareWish): Result.Result<GuestTopology | null, Refusal> =>
  Result.gen(function*() {
    const policies = yield* policiesOf(wish)
    const dedicated = yield* dedicatedUnder(wish, policies)
    const nodes = yield* nodeCountOf(wish)
    const pageSize = yield* pageSizeOf(wish)
    yield* isMemoryLocked(wish)
    const isPlain = policies.cpu === null || policies.cpu === "shared"
    if (isPlain && nodes === null && pageSize === null && !hasPersistentMemory(wish)) return null
    return {
      cells: yield* guestCellsOf(wish, nodes ?? 1, dedicated),
      cpuPolicy: policies.cpu,
      threadPolicy: policies.thread,
      emulatorThreads: policies.emulatorThreads,
      pageSize
    }
  })
