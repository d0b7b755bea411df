/** Which addresses an operator means by a pattern. Pure. */
import { Result } from "effect"

const parts = ["domain", "bus", "slot", "function"] as const
const most = { domain: 0xffff, bus: 0xff, slot: 0x1f, function: 0x7 } as const
const digits = { domain: 4, bus: 2, slot: 2, function: 1 } as const
type Part = (typeof parts)[number]

export interface AddressPattern {
  readonly matches: (address: string) => boolean
  /** It names one address, as that of a physical function, whose virtual ones it means too. */
  readonly isSingle: boolean
}

const partsOf = (address: string): Readonly<Record<Part, string>> | null => {
  const found = /^([\da-f]{4}):([\da-f]{2}):([\da-f]{2})\.([\da-f])$/.exec(address)
  return found === null ? null : { domain: found[1]!, bus: found[2]!, slot: found[3]!, function: found[4]! }
}

const numberAs = (part: Part, value: string): string | null => {
  if (value === "*" || value === "") return "*"
  const number = /^[\da-fA-F]+$/.test(value) ? Number.parseInt(value, 16) : Number.NaN
  return number <= most[part] ? number.toString(16).padStart(digits[part], "0") : null
}

/** `0000:81:00.0`, `*:81:00.*`, `:81:`: what is left out may be anything. */
const globOf = (given: string): Result.Result<AddressPattern, string> => {
  const [front = "", fn = "*"] = given.trim().split(".")
  const fields = front.split(":").map((field) => field.trim())
  if (fields.length > 3 || given.split(".").length > 2) return Result.fail("must be domain:bus:slot.function in hex, each a number or *")
  const [domain, bus, slot] = [...Array.from({ length: 3 - fields.length }, () => "*"), ...fields] as [string, string, string]
  const wanted = { domain, bus, slot, function: fn.trim() }
  const read = {} as Record<Part, string>
  for (const part of parts) {
    const value = numberAs(part, wanted[part])
    if (value === null) return Result.fail(`must have a ${part} of * or a hex number up to ${most[part].toString(16)}`)
    read[part] = value
  }
  return Result.succeed({
    isSingle: parts.every((part) => read[part] !== "*"),
    matches: (address) => {
      const own = partsOf(address)
      return own !== null && parts.every((part) => read[part] === "*" || read[part] === own[part])
    }
  })
}

/** `{"bus": "8[12]", "function": "[0-3]"}`: regular expressions of the parts, from their beginning. */
const regexOf = (given: { readonly [key: string]: unknown }): Result.Result<AddressPattern, string> => {
  const stranger = Object.keys(given).find((key) => !parts.some((part) => part === key))
  if (stranger !== undefined) return Result.fail(`must have no ${stranger}: there are ${parts.join(", ")}`)
  const patterns = {} as Record<Part, RegExp>
  for (const part of parts) {
    const value = given[part] ?? ".*"
    if (typeof value !== "string") return Result.fail(`must have a regular expression as ${part}`)
    try {
      patterns[part] = new RegExp(`^(?:${value})`)
    } catch {
      return Result.fail(`must have a regular expression as ${part}`)
    }
  }
  return Result.succeed({
    isSingle: false,
    matches: (address) => {
      const own = partsOf(address)
      return own !== null && parts.every((part) => patterns[part].test(own[part]))
    }
  })
}

/** The addresses that are meant, or what is wrong: "must …". */
export const addressPattern = (given: unknown): Result.Result<AddressPattern, string> =>
  typeof given === "string" ? globOf(given)
    : typeof given === "object" && given !== null && !Array.isArray(given) ? regexOf(given as { readonly [key: string]: unknown })
    : Result.fail("must be a text, or an object of regular expressions")
