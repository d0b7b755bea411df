import { Result } from "effect"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { versionAsked } from "../versionAsked.ts"
import { newest, oldest } from "./versions.ts"

const service = "compute"
const numbers = /^([1-9]\d*)\.([1-9]\d*|0)$/

export interface Negotiated {
  readonly version: number
  /** What goes back in the version headers: on a refusal, what was asked for. */
  readonly text: string
  readonly refusal: Refusal | null
}

const vary = "OpenStack-API-Version, X-OpenStack-Nova-API-Version"
const textOf = (version: number) => `2.${version}`
const supported: ReadonlyArray<Negotiated> = Array.from(
  { length: newest + 1 },
  (_, version) => ({ version, text: textOf(version), refusal: null })
)

/** Fails on what is no version at all; a version we do not speak is a `Negotiated` with its refusal. */
export const negotiate = (
  headers: Readonly<Record<string, string | undefined>>
): Result.Result<Negotiated, Refusal> => {
  // The shared header wins over Nova's own.
  const text = versionAsked(headers, service) ?? headers["x-openstack-nova-api-version"]
  if (text === undefined) return Result.succeed(supported[oldest]!)
  if (text === "latest") return Result.succeed(supported[newest]!)
  const match = numbers.exec(text)
  if (match === null) {
    return Result.fail(refuse("badRequest", `API Version String ${text} is of invalid format. Must be of format MajorNum.MinorNum.`))
  }
  const [major, minor] = [Number(match[1]), Number(match[2])]
  if (major === 2 && minor >= oldest && minor <= newest) return Result.succeed(supported[minor]!)
  const message = `Version ${text} is not supported by the API. Minimum is ${textOf(oldest)} and maximum is ${textOf(newest)}.`
  return Result.succeed({ version: oldest, text, refusal: refuse("badRequest", message, "NotAcceptable") })
}

export const versionHeaders = (text: string): Readonly<Record<string, string>> => ({
  "openstack-api-version": `${service} ${text}`,
  "x-openstack-nova-api-version": text,
  vary
})
