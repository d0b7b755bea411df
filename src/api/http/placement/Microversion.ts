import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { newest, oldest, textOf } from "./versions.ts"

const service = "placement"
type Headers = Readonly<Record<string, string | undefined>>

/** The last entry for this service, in the header that all services share. */
const asked = (headers: Headers): string | undefined => {
  for (const entry of (headers["openstack-api-version"] ?? "").split(",").reverse()) {
    const [name, version] = entry.trim().split(/\s+/)
    if (name?.toLowerCase() === service && version !== undefined) return version
  }
  return undefined
}

/** The version spoken, or why there is none. */
export const negotiate = (headers: Headers): number | Refusal => {
  const text = asked(headers)
  if (text === undefined) return oldest
  if (text === "latest") return newest
  const match = /^(\d+)\.(\d+)$/.exec(text)
  if (match === null) return refuse("badRequest", `Invalid microversion: invalid version string: ${text}`)
  const minor = Number(match[2])
  return Number(match[1]) === 1 && minor >= oldest && minor <= newest
    ? minor
    : refuse("badRequest", `Unacceptable version header: ${text}`, "NotAcceptable")
}

export const versionHeaders = (version: number): Readonly<Record<string, string>> => ({
  "openstack-api-version": `${service} ${textOf(version)}`,
  vary: "openstack-api-version"
})
