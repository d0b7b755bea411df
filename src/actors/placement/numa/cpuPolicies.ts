import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import {
  type CpuPolicy, cpuPolicies, type EmulatorThreadsPolicy, emulatorThreadsPolicies, type HardwareWish, isAmong, spec,
  type ThreadPolicy, threadPolicies
} from "./HardwareWish.ts"
import { contradiction } from "./refusal.ts"

const unknown = (code: string, name: string, value: string, values: ReadonlyArray<string>) =>
  contradiction(code, `hw:${name} is '${value}', it must be one of ${values.join(", ")}.`)

/** `dedicated` in the flavor wins over any image; else an image may not ask for more pinning than the flavor gives. */
export const cpuPolicyOf = (wish: HardwareWish): Result.Result<CpuPolicy | null, Refusal> => {
  const flavor = spec(wish, "cpu_policy")
  const image = wish.image.cpuPolicy
  if (flavor === null) return Result.succeed(image)
  if (!isAmong(cpuPolicies, flavor)) return unknown("InvalidCPUAllocationPolicy", "cpu_policy", flavor, cpuPolicies)
  const isMore = (flavor === "mixed" && image === "dedicated") || (flavor === "shared" && (image === "dedicated" || image === "mixed"))
  return isMore
    ? contradiction("ImageCPUPinningForbidden", `Image property hw_cpu_policy=${image} asks for more than hw:cpu_policy=${flavor} of the flavor gives: use an image without it, or another flavor.`)
    : Result.succeed(flavor)
}

/** A flavor that says nothing leaves it to the image; `prefer` of a flavor stands, whatever the image says; else the two must agree. */
export const threadPolicyOf = (wish: HardwareWish): Result.Result<ThreadPolicy | null, Refusal> => {
  const flavor = spec(wish, "cpu_thread_policy")
  const image = wish.image.threadPolicy
  if (flavor === null) return Result.succeed(image)
  if (!isAmong(threadPolicies, flavor)) return unknown("InvalidCPUThreadAllocationPolicy", "cpu_thread_policy", flavor, threadPolicies)
  return flavor !== "prefer" && image !== null && image !== flavor
    ? contradiction("ImageCPUThreadPolicyForbidden", `Image property hw_cpu_thread_policy=${image} contradicts hw:cpu_thread_policy=${flavor} of the flavor: they must agree.`)
    : Result.succeed(flavor)
}

export const emulatorThreadsOf = (wish: HardwareWish): Result.Result<EmulatorThreadsPolicy | null, Refusal> => {
  const flavor = spec(wish, "emulator_threads_policy")
  return flavor === null || isAmong(emulatorThreadsPolicies, flavor)
    ? Result.succeed(flavor)
    : unknown("InvalidEmulatorThreadsPolicy", "emulator_threads_policy", flavor, emulatorThreadsPolicies)
}
