/** Replays recorded tests, each on a cloud of its own. */
import { Effect } from "effect"
import { operations } from "../../src/api/http/compute/allOperations.ts"
import { holds } from "../../src/api/http/Window.ts"
import { serverRoutes } from "../../src/api/http/compute/servers/routes.ts"
import type { Called } from "../fixtures/http.ts"
import { breathe, makeCloud, project } from "./cloud.ts"
import { differences } from "./compare.ts"
import { actionOf, type Exchange, minorOf, routeOf } from "./exchanges.ts"
import { prepare } from "./fixtures.ts"
import { Names } from "./names.ts"

export interface Verdict {
  readonly exchange: Exchange
  readonly route: string
  readonly isServed: boolean
  /** None: they agree. */
  readonly differences: ReadonlyArray<string>
  readonly answer: Called
}

const shape = (path: string) => path.replaceAll(/\{\w+\}|:\w+/g, "*")
const rows = [...operations, ...serverRoutes]
const versionDocuments = new Set(["/"])
const isServed = (exchange: Exchange): boolean => {
  const action = actionOf(exchange)
  const named = rows.filter((row) => row.method === exchange.m && shape(row.path) === shape(exchange.route) && row.action === action)
  return versionDocuments.has(exchange.route) || named.some((row) => holds(row, minorOf(exchange)) || exchange.s === 404)
}

/** The compute hosts that a test speaks of; the reference's fake nodes have names of their own. */
const hostsOf = (test: ReadonlyArray<Exchange>): ReadonlyArray<string> => {
  const found = new Set<string>()
  const keys = new Set(["host", "hypervisor_hostname", "OS-EXT-SRV-ATTR:host", "source_compute", "dest_compute"])
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return
    const own = value as Readonly<Record<string, unknown>>
    if (own["binary"] !== undefined && own["binary"] !== "nova-compute") return
    for (const [key, one] of Object.entries(own)) {
      if (keys.has(key) && typeof one === "string" && one !== "") found.add(one)
      if (key === "availability_zone" && typeof one === "string" && one.includes(":")) found.add(one.split(":").filter((part) => part !== "")[1] ?? "compute")
      walk(one)
    }
  }
  for (const { b, r, s } of test) if (s < 300) [b, r].forEach(walk)
  return found.size === 0 ? ["compute"] : [...found]
}

/** The one zone that all hosts of the cloud are in. */
const zoneOf = (test: ReadonlyArray<Exchange>): string =>
  test.flatMap(({ b }) => /"availability_zone":"([^":]+)/.exec(JSON.stringify(b ?? null))?.[1] ?? [])[0] ?? "nova"

const locationOf = (exchange: Exchange, answer: Called, names: Names): ReadonlyArray<string> => {
  if (exchange.location === undefined) return []
  // The recordings leave the project out of the paths that were asked for.
  const [wanted, found] = [
    names.translate(exchange.location).replace(`/${project}/`, "/"),
    answer.headers["location"]?.replace(/^http:\/\/[^/]+\/compute/, "")
  ]
  return wanted === found || found?.replace(/[^/]+$/, "") === wanted.replace(/[^/]+$/, "") ? [] : [`location: ${found}, not ${wanted}`]
}

const versionOf = (exchange: Exchange, answer: Called): ReadonlyArray<string> => {
  const wanted = !exchange.u.startsWith("/v2.1") || answer.headers["content-type"]?.startsWith("text/html") === true
    ? undefined : `compute ${exchange.v}`
  const found = answer.headers["openstack-api-version"]
  return wanted === undefined || wanted === found ? [] : [`openstack-api-version: ${found}, not ${wanted}`]
}

/** What depends on the recorded cloud itself: what is behind a marker or in a time of its own, words for people. */
const excused: ReadonlyArray<readonly [url: RegExp, difference: RegExp]> = [
  [/[?&](marker|start)=/, /: empty$/],
  [/\/os-hosts/, /\.resource\.(cpu|disk_gb): /],
  [/\/os-hypervisors/, /\.servers(\[\]\.name)?: /],
  [/\/extensions/, /\.description: /]
]
const isExcused = (url: string, difference: string) => excused.some(([place, form]) => place.test(url) && form.test(difference))

const verdictOf = (exchange: Exchange, answer: Called, names: Names): ReadonlyArray<string> => {
  const fault = answer.status >= 400 ? ` (${answer.text.slice(0, 160)})` : ""
  if (answer.status !== exchange.s) return [`status: ${answer.status}, not ${exchange.s}${fault}`]
  names.compare(exchange.r, answer.body)
  const bodies = exchange.r === undefined
    ? typeof answer.body === "object" && answer.body !== null ? ["body: there is one"] : []
    : differences(names, exchange.r, answer.body).filter((one) => !isExcused(exchange.u, one))
  return [...bodies, ...locationOf(exchange, answer, names), ...versionOf(exchange, answer)]
}

/** `{project}` stands for the project in the recordings. */
const inProject = (exchange: Exchange): Exchange => JSON.parse(JSON.stringify(exchange).replaceAll("{project}", project)) as Exchange

export const replay = Effect.fnUntraced(function*(recorded: ReadonlyArray<Exchange>) {
  const test = recorded.map(inProject)
  const names = new Names()
  const cloud = yield* Effect.orDie(makeCloud(hostsOf(test), zoneOf(test)))
  const verdicts: Array<Verdict> = []
  for (const exchange of test) {
    yield* prepare({ cloud, names, test }, exchange)
    const body = exchange.b === undefined ? undefined : JSON.parse(names.translate(JSON.stringify(exchange.b))) as unknown
    const answer = yield* cloud.ask(exchange.m, names.translate(exchange.u), exchange.roles, exchange.u.startsWith("/v2.1") ? exchange.v : null, body)
    verdicts.push({
      exchange, answer, route: routeOf(exchange), isServed: isServed(exchange), differences: verdictOf(exchange, answer, names)
    })
    yield* breathe
  }
  return verdicts
}, Effect.scoped)
