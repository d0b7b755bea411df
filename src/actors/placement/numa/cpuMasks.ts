import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import { emulatorThreadsOf } from "./cpuPolicies.ts"
import { firstCpus, parseMask } from "./cpuSpec.ts"
import { type HardwareWish, spec } from "./HardwareWish.ts"
import { contradiction } from "./refusal.ts"
import { isTrue } from "./values.ts"

type Mask = Result.Result<ReadonlySet<number> | null, Refusal>

/**
 * The realtime CPUs, or `null` without `hw:cpu_realtime`. The image's mask goes before the flavor's. One CPU at least must be
 * left for what is not realtime, unless the emulator's threads have a place of their own.
 */
export const realtimeCpusOf = (wish: HardwareWish): Mask => {
  const { vcpus } = wish
  if (!isTrue(wish.extraSpecs["hw:cpu_realtime"] ?? "")) return Result.succeed(null)
  const wrong = (why: string) => contradiction("RealtimeMaskNotFoundOrInvalid", `hw:cpu_realtime_mask or hw_cpu_realtime_mask ${why}.`)
  return Result.gen(function*() {
    const mask = wish.image.realtimeMask ?? spec(wish, "cpu_realtime_mask")
    const all = firstCpus(vcpus)
    const realtime = mask === null ? all : yield* parseMask(mask, vcpus)
    if (realtime.size === 0) return yield* wrong("names no CPU: one must be realtime")
    const emulator = yield* emulatorThreadsOf(wish)
    const isWithin = realtime.isSubsetOf(all)
    if (isWithin && realtime.size === vcpus && emulator === null) {
      return yield* wrong("must leave one CPU that is not realtime, or hw:emulator_threads_policy must be set")
    }
    return isWithin ? realtime : yield* wrong(`names a CPU the flavor does not have: they are 0 to ${vcpus - 1}`)
  })
}

/** The CPUs of `hw:cpu_dedicated_mask`: some of the flavor's, and not all. */
export const dedicatedCpusOf = (wish: HardwareWish): Mask => {
  const { vcpus } = wish
  const mask = spec(wish, "cpu_dedicated_mask")
  if (mask === null) return Result.succeed(null)
  const wrong = (why: string) => contradiction("InvalidMixedInstanceDedicatedMask", `hw:cpu_dedicated_mask=${mask} ${why}.`)
  return Result.flatMap(parseMask(mask, vcpus), (dedicated) => {
    const all = firstCpus(vcpus)
    if (dedicated.size === 0) return wrong("names no CPU: one must be dedicated")
    if (all.isSubsetOf(dedicated)) return wrong("leaves no shared CPU: for all of them use hw:cpu_policy=dedicated")
    return dedicated.isSubsetOf(all) ? Result.succeed(dedicated) : wrong(`names a CPU the flavor does not have: they are 0 to ${vcpus - 1}`)
  })
}
