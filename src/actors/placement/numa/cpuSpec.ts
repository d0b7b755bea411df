import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import type { Refusal } from "../../shared/Refusal.ts"
import { contradiction } from "./refusal.ts"
import { wholeNumber } from "./values.ts"

const invalid = (spec: string, rule: string) =>
  contradiction("Invalid", `CPU list '${spec}': '${rule.slice(0, Limits.echoCharsMax)}' is no CPU number, range (0-3) or exclusion (^2) below ${Limits.guestCpusMax}.`)

const ends = (rule: string): readonly [first: number, last: number] | null => {
  const dash = rule.indexOf("-")
  const first = wholeNumber(dash < 0 ? rule : rule.slice(0, dash))
  const last = dash < 0 ? first : wholeNumber(rule.slice(dash + 1))
  return first === null || last === null || first > last || first < 0 || last >= Limits.guestCpusMax ? null : [first, last]
}

/** `0-3,^2,6`: the CPUs named less those excluded, whatever their order; empty rules are skipped. */
export const parseCpus = (spec: string): Result.Result<ReadonlySet<number>, Refusal> => {
  // Marks, for a hostile list may name the same range many times.
  const named = new Uint8Array(Limits.guestCpusMax)
  const excluded = new Uint8Array(Limits.guestCpusMax)
  for (const part of spec.split(",")) {
    const rule = part.trim()
    if (rule === "") continue
    const isExcluded = rule.startsWith("^")
    const range = ends(isExcluded ? rule.slice(1) : rule)
    if (range === null) return invalid(spec.slice(0, Limits.echoCharsMax), rule)
    const marks = isExcluded ? excluded : named
    marks.fill(1, range[0], range[1] + 1)
  }
  const cpus = new Set<number>()
  for (let cpu = 0; cpu < named.length; cpu++) if (named[cpu] === 1 && excluded[cpu] === 0) cpus.add(cpu)
  return Result.succeed(cpus)
}

/** As `parseCpus`, but a spec that begins with `^` means all of the guest's CPUs but those. */
export const parseMask = (mask: string, vcpus: number): Result.Result<ReadonlySet<number>, Refusal> =>
  parseCpus(mask.trim().startsWith("^") ? `0-${vcpus - 1},${mask}` : mask)

export const firstCpus = (count: number): ReadonlySet<number> => new Set(Array.from({ length: count }, (_, cpu) => cpu))
