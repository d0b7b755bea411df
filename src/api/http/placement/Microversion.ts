import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { versionAsked } from "../versionAsked.ts"
import { newest, oldest, textOf } from "./versions.ts"

const service = "placement"
type Headers = Readonly<Record<string, string | undefined>>

/** The version spoken, or why there is none. */
export const negotiate = (headers: Headers): number | Refusal => {
  const text = versionAsked(headers, service)
  if (text === undefined) return oldest
  if (text === "latest") return newest
  const match = /^([+-]?\d+)\.([+-]?\d+)$/.exec(text)
  if (match === null) return refuse("badRequest", `Invalid microversion: invalid version string: ${text}`)
  const minor = Number(match[2])
  return Number(match[1]) === 1 && minor >= oldest && minor <= newest
    ? minor
    : refuse("badRequest", `Invalid microversion: Unacceptable version header: ${text}`, "NotAcceptable")
}

export const versionHeaders = (version: number): Readonly<Record<string, string>> => ({
  "openstack-api-version": `${service} ${textOf(version)}`,
  vary: "openstack-api-version"
})
