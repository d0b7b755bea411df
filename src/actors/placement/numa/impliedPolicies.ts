import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import type { CpuPolicy, EmulatorThreadsPolicy, HardwareWish, ThreadPolicy } from "./HardwareWish.ts"
import { contradiction } from "./refusal.ts"
import { wholeNumber } from "./values.ts"

/** The sum over all request groups, numbered or not. As in the reference, a longer name that begins like this counts too. */
const asked = (extraSpecs: HardwareWish["extraSpecs"], resource: string): number => {
  const key = new RegExp(`^resources([1-9][0-9]*)?:${resource}`)
  return Object.entries(extraSpecs).reduce((sum, [name, value]) => key.test(name) ? sum + (wholeNumber(value) ?? 0) : sum, 0)
}

/** `resources:PCPU` means dedicated, `resources:VCPU` shared; neither beside the other or beside a policy. */
export const impliedCpuPolicy = (
  wish: HardwareWish, policy: CpuPolicy | null, emulatorThreads: EmulatorThreadsPolicy | null
): Result.Result<CpuPolicy | null, Refusal> => {
  const shared = asked(wish.extraSpecs, "VCPU")
  const dedicated = asked(wish.extraSpecs, "PCPU")
  if (shared === 0 && dedicated === 0) return Result.succeed(policy)
  if (policy !== null) {
    return contradiction("InvalidRequest", "resources:VCPU and resources:PCPU say the same as hw:cpu_policy or hw_cpu_policy: use one or the other.")
  }
  if (shared !== 0 && dedicated !== 0) {
    return contradiction("InvalidRequest", "resources:VCPU and resources:PCPU cannot be used together: use hw:cpu_policy=mixed for CPUs of both kinds.")
  }
  const needed = wish.vcpus + (emulatorThreads === "isolate" ? 1 : 0)
  if (dedicated !== 0 && dedicated !== needed) {
    return contradiction("InvalidRequest", `resources:PCPU is ${dedicated}, it must be ${needed}: the flavor's vcpus${
      emulatorThreads === "isolate" ? ", and one for hw:emulator_threads_policy=isolate" : ""}.`)
  }
  return Result.succeed(dedicated === 0 ? "shared" : "dedicated")
}

/** The trait of hyperthreading is a thread policy under another name, and not to be used beside one. */
export const impliedThreadPolicy = (wish: HardwareWish, policy: ThreadPolicy | null): Result.Result<ThreadPolicy | null, Refusal> => {
  const key = Object.keys(wish.extraSpecs).find((name) => /^trait([1-9][0-9]*)?:HW_CPU_HYPERTHREADING/.test(name))
  const trait = key === undefined ? (wish.image.requiresHyperthreading ? "required" : "") : wish.extraSpecs[key]!
  if (trait !== "" && policy !== null) {
    return contradiction("InvalidRequest", "trait:HW_CPU_HYPERTHREADING says the same as hw:cpu_thread_policy or hw_cpu_thread_policy: use one or the other.")
  }
  return Result.succeed(trait === "forbidden" ? "isolate" : trait === "required" ? "require" : policy)
}
