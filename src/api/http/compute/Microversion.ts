import { Result } from "effect"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { newest, oldest } from "./versions.ts"

/** The versions of 2.x for which a row holds, both ends included. Without `since`, legacy v2 too. */
export interface Window {
  readonly since?: number
  readonly until?: number
}

export const holds = (window: Window, version: number): boolean =>
  (window.since === undefined || window.since <= version) && (window.until === undefined || version <= window.until)

/** One value per window of versions. */
export type ByVersion<A> = ReadonlyArray<Window & { readonly is: A }>
export const atVersion = <A>(rows: ByVersion<A>, version: number): A | undefined =>
  rows.find((row) => holds(row, version))?.is

const service = "compute"
const numbers = /^([1-9]\d*)\.([1-9]\d*|0)$/

/** The text asked for: the shared header wins over Nova's own; in it, the last entry for compute. */
const asked = (headers: Readonly<Record<string, string | undefined>>): string | undefined => {
  const shared = headers["openstack-api-version"]
  if (shared !== undefined) {
    for (const entry of shared.split(",").reverse()) {
      const [name, version] = entry.trim().split(/\s+/)
      if (name?.toLowerCase() === service && version !== undefined) return version
    }
  }
  return headers["x-openstack-nova-api-version"]
}

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
  const text = asked(headers)
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
