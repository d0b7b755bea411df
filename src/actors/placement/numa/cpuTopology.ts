import { Result } from "effect"
import type { Refusal } from "../../shared/Refusal.ts"
import type { HardwareWish } from "./HardwareWish.ts"
import { contradiction } from "./refusal.ts"
import { wholeNumber } from "./values.ts"

export interface CpuTopology {
  readonly sockets: number
  readonly cores: number
  readonly threads: number
}

/** `wanted`: 0 where nobody says. */
export interface CpuTopologyLimits {
  readonly wanted: CpuTopology
  readonly max: CpuTopology
}

/** More than any guest may have: the topology is not bounded. */
const unbounded = 65_536

const parts = ["sockets", "cores", "threads"] as const
const text = ({ cores, sockets, threads }: CpuTopology) => `${sockets} sockets, ${cores} cores, ${threads} threads`
const exceeds = (some: CpuTopology, max: CpuTopology) => parts.some((part) => some[part] > max[part])

const of = (read: (part: (typeof parts)[number]) => number): CpuTopology => ({ sockets: read("sockets"), cores: read("cores"), threads: read("threads") })

const ofFlavor = ({ extraSpecs }: HardwareWish, prefix: string): Result.Result<CpuTopology, Refusal> => {
  const wrong = parts.find((part) => wholeNumber(extraSpecs[`hw:${prefix}${part}`] ?? "0") === null)
  return wrong === undefined
    ? Result.succeed(of((part) => wholeNumber(extraSpecs[`hw:${prefix}${part}`] ?? "0") ?? 0))
    : contradiction("InvalidRequest", `hw:${prefix}${wrong} is '${extraSpecs[`hw:${prefix}${wrong}`]}', it must be a whole number.`)
}

/**
 * What is wanted and what is allowed. An image may only lower the flavor's limits and must keep within them; a flavor's wish
 * that no longer does is dropped; an image that wishes anything replaces the flavor's whole wish.
 */
export const cpuTopologyLimitsOf = (wish: HardwareWish): Result.Result<CpuTopologyLimits, Refusal> =>
  Result.gen(function*() {
    const flavorMax = yield* ofFlavor(wish, "cpu_max_")
    const imageMax = of((part) => wish.image.topology[`cpu_max_${part}`])
    if (exceeds(imageMax, of((part) => flavorMax[part] || Infinity))) {
      return yield* contradiction("ImageVCPULimitsRangeExceeded", `hw_cpu_max_* of the image (${text(imageMax)}) exceed hw:cpu_max_* of the flavor (${text(flavorMax)}): an image may only lower them.`)
    }
    const max = of((part) => imageMax[part] || flavorMax[part] || unbounded)
    const flavor = yield* ofFlavor(wish, "cpu_")
    const image = of((part) => wish.image.topology[`cpu_${part}`])
    if (exceeds(image, max)) {
      return yield* contradiction("ImageVCPUTopologyRangeExceeded", `hw_cpu_* of the image (${text(image)}) exceed what the flavor and the image allow (${text(max)}).`)
    }
    if (parts.some((part) => image[part] !== 0)) return { wanted: image, max }
    return { wanted: exceeds(flavor, max) ? of(() => 0) : flavor, max }
  })

const divisors = (count: number): ReadonlyArray<number> => {
  const low: Array<number> = []
  for (let one = 1; one * one <= count; one++) if (count % one === 0) low.push(one)
  return [...low, ...low.map((one) => count / one).filter((one) => !low.includes(one)).reverse()]
}

/** Of those that give exactly the vcpus: most wishes met, then fewest threads, then most sockets. */
export const cpuTopologyOf = (wish: HardwareWish): Result.Result<CpuTopology, Refusal> =>
  Result.flatMap(cpuTopologyLimitsOf(wish), ({ max, wanted }) => {
    const met = (one: CpuTopology) => parts.filter((part) => wanted[part] !== 0 && wanted[part] === one[part]).length
    const rank = (a: CpuTopology, b: CpuTopology) => met(b) - met(a) || a.threads - b.threads || b.sockets - a.sockets
    let best: CpuTopology | null = null
    for (const sockets of divisors(wish.vcpus)) {
      if (sockets > max.sockets) break
      for (const cores of divisors(wish.vcpus / sockets)) {
        const one = { sockets, cores, threads: wish.vcpus / sockets / cores }
        if (!exceeds(one, max) && (best === null || rank(one, best) < 0)) best = one
      }
    }
    return best === null
      ? contradiction("ImageVCPULimitsRangeImpossible", `${wish.vcpus} vcpus cannot be made of at most ${text(max)}.`)
      : Result.succeed(best)
  })
