/** The reference's sample answers as exchanges of their own: what is asked for is made up, the shape of the answer is not. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { project } from "./cloud.ts"
import type { Exchange } from "./exchanges.ts"

const folder = "nova-api/samples"
export const hasSamples = (data: string): boolean => existsSync(join(data, `${folder}.tsv`))

type Json = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)
const server = "5d12e0cd-b30c-4c4b-8f00-a9efb6986303"

/** The name of what a sample shows: `{"flavor": {"id": …}}`, `{"meta": {key: …}}`. */
const shownIn = (answer: unknown): string | undefined => {
  const [inner] = isObject(answer) ? Object.values(answer) : []
  const one = Array.isArray(inner) ? inner[0] as unknown : inner
  if (!isObject(one)) return undefined
  const name = one["id"] ?? one["request_id"] ?? one["port_id"] ?? one["name"] ?? Object.keys(one)[0]
  return typeof name === "string" || typeof name === "number" ? String(name) : undefined
}

/** By the collection whose member a placeholder names. */
const fixed: Readonly<Record<string, string>> = {
  servers: server, "os-quota-sets": project, "os-quota-class-sets": "default", "os-simple-tenant-usage": project,
  "os-hosts": "compute", ips: "private", images: "70a599e0-31e7-49b7-b260-868f441e862b", "os-aggregates": "1",
  flavors: "10", tags: "tag1"
}
const hypervisorOf = (answer: unknown) => /"hypervisor_hostname":"([^"]+)"/.exec(JSON.stringify(answer))?.[1]

const pathOf = (route: string, answer: unknown): string => {
  const parts = route.split("/")
  return parts.map((part, at) => {
    if (!part.startsWith("{")) return part
    if (/os-hypervisors\/\{id\}\/(servers|search)/.test(route)) return hypervisorOf(answer) ?? "compute"
    const collection = parts[at - 1]!
    return collection === "flavors" && at === parts.length - 1 ? shownIn(answer) ?? "1" : fixed[collection] ?? shownIn(answer) ?? "1"
  }).join("/")
}

/** Samples of servers without their host, and those that say so, were shown to members. */
const rolesOf = (sample: string, answer: unknown): string => {
  const text = JSON.stringify(answer)
  const isForMembers = sample.includes("non-admin") || (text.includes("\"accessIPv4\"") && !text.includes("OS-EXT-SRV-ATTR:host\""))
  return isForMembers ? "reader,member" : "reader,member,admin"
}

/** Services were once changed by an action and a host. */
const serviceActions: ReadonlyArray<readonly [name: RegExp, action: string]> = [
  [/log-put/, "disable-log-reason"], [/disable-put/, "disable"], [/enable-put/, "enable"], [/force-down-put/, "force-down"]
]
const serviceActionOf = (sample: string) =>
  /^os-services\/(v2\.11\/)?/.test(sample) && !/v2\.(5|6)/.test(sample) ? serviceActions.find(([name]) => name.test(sample))?.[1] : undefined

interface Row {
  readonly sample: string
  readonly route: string
  readonly kind: string
  readonly version: string
  readonly status: number
  readonly origin: string
  readonly query: string
}

const rowsOf = (data: string): ReadonlyArray<Row & { readonly method: string; readonly path: string; readonly action: string }> =>
  readFileSync(join(data, `${folder}.tsv`), "utf8").trim().split("\n").slice(1).map((line) => {
    const [sample = "", method = "", path = "", action = "", version = "", kind = "", status = "", origin = "", query = ""] = line.split("\t")
    return { sample, method, path, action, version, kind, status: Number(status), origin, query, route: `${method} ${path} ${action}` }
  })

/** Each sample answer as a test of one exchange. */
export const readSamples = (data: string): ReadonlyArray<ReadonlyArray<Exchange>> => {
  const rows = rowsOf(data)
  const contents = (sample: string) => JSON.parse(readFileSync(join(data, folder, sample), "utf8")) as unknown
  return rows.filter(({ kind, origin, status }) => kind === "response" && origin === "recorded" && status < 300).flatMap((row): ReadonlyArray<ReadonlyArray<Exchange>> => {
    const folderOf = (sample: string) => sample.slice(0, sample.lastIndexOf("/"))
    const request = rows.find((other) => other.kind === "request" && other.route === row.route && folderOf(other.sample) === folderOf(row.sample))
    const needsBody = row.method === "POST" || row.method === "PUT"
    if (needsBody && request === undefined) return []
    const answer = contents(row.sample)
    const action = serviceActionOf(row.sample)
    const path = action === undefined ? pathOf(row.path, answer) : `/os-services/${action}`
    return [[{
      t: row.sample, i: 0, m: row.method, u: `/v2.1${path}${row.query === "" ? "" : `?${row.query.replace(/^\?/, "")}`}`,
      route: row.path, v: row.version, roles: rolesOf(row.sample, answer), s: row.status, r: answer,
      ...(needsBody ? { b: contents(request!.sample) } : {})
    }]]
  })
}

/** Keys and kinds alone: a sample's values are its own. */
export const isOfShape = (difference: string): boolean => /^(status|.*: (missing|too much|empty|\w+ wanted, .*$))/.test(difference)
