/** What the reference answered, in form: the keys of each recorded answer are the keys of ours to the same question. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { hasShared, readLines } from "../../../../fixtures/shared.ts"
import { projectId, server, serverId } from "../../../../fixtures/servers.ts"
import { makeAsk, put, putHost, world } from "./world.ts"

interface Exchange {
  readonly m: string
  readonly u: string
  readonly route: string
  readonly v: string
  readonly roles: string
  readonly s: number
  readonly b?: unknown
  readonly r?: unknown
}

/** Maps whose keys are data, and keys that depend on what the server is doing. */
const free = new Set(["metadata", "extra_specs", "properties", "scheduler_hints"])
const passing = new Set(["fault", "progress", "security_groups", "servers_links", "tag"])

const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])]
  if (typeof value !== "object" || value === null) return "…"
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !passing.has(key)).sort(([a], [b]) => a < b ? -1 : 1)
      .map(([key, one]) => [key, free.has(key) ? "{}" : key === "addresses" ? shapeOf(Object.values(one as object)[0]) : shapeOf(one)])
  )
}
/** A recorded list may be empty where ours is not, and the other way round: then they agree. */
const agree = (ours: unknown, theirs: unknown): unknown => {
  if (Array.isArray(ours) && Array.isArray(theirs)) return ours.length === 0 || theirs.length === 0 ? [] : [agree(ours[0], theirs[0])]
  if (theirs === undefined || theirs === "…" || ours === "…" || ours === undefined) return ours === undefined && theirs !== undefined ? "missing" : "…"
  if (typeof ours !== "object" || typeof theirs !== "object") return ours
  return Object.fromEntries([...new Set([...Object.keys(ours as object), ...Object.keys(theirs as object)])].map((key) => {
    const [mine, others] = [(ours as Record<string, unknown>)[key], (theirs as Record<string, unknown>)[key]]
    return [key, mine === undefined ? "missing" : others === undefined ? "too much" : agree(mine, others)]
  }))
}
const complaints = (verdict: unknown, path: string): ReadonlyArray<string> =>
  verdict === "missing" || verdict === "too much"
    ? [`${path} ${verdict}`]
    : typeof verdict === "object" && verdict !== null
    ? Object.entries(verdict).flatMap(([key, one]) => complaints(one, `${path}.${key}`))
    : []

const requestId = "req-11111111-2222-4333-8444-555555555555"
const fixture = server({
  wish: { ...server().wish, hints: { same_host: ["x"] } },
  actions: [{
    action: "create", requestId, userId: "fake", projectId, startedAt: server().createdAt, updatedAt: server().updatedAt, message: null,
    events: [{ event: "compute__do_build_and_run_instance", startedAt: server().createdAt, finishedAt: server().updatedAt, result: "Success", host: "compute-1", details: null }]
  }]
})

const reads = [
  "/servers", "/servers/detail", "/servers/{id}", "/servers/{server_id}/ips", "/servers/{server_id}/os-interface",
  "/servers/{server_id}/os-instance-actions", "/servers/{server_id}/os-instance-actions/{id}", "/servers/{server_id}/tags",
  "/servers/{server_id}/metadata"
]
const pathOf = (route: string) => route.replace(/\{server_id\}|(?<=servers\/)\{id\}/, serverId).replace("{id}", requestId)

const exchanges = hasShared ? readLines<Exchange>("nova-api/vectors/recorded-http.jsonl") : []
/** A cell that does not answer has servers of status UNKNOWN; here there is one cell. */
const isOfDownCell = (exchange: Exchange) => JSON.stringify(exchange.r ?? null).includes("\"UNKNOWN\"")
const wanted = exchanges.filter((exchange) => !isOfDownCell(exchange)).filter(({ m, route, s, u }) =>
  s === 200 && ((m === "GET" && reads.includes(route)) || (m === "PUT" && route === "/servers/{id}")) && !u.startsWith("/v2/"))
const unique = new Map(wanted.map((one) => [`${one.m} ${one.route} ${one.v} ${one.roles}`, one]))

describe.skipIf(wanted.length === 0)("recorded answers (needs the reference data)", () => {
  it.effect.each([...unique].map(([title, exchange]) => ({ title, exchange })))("$title", ({ exchange }) =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost()
      yield* put(fixture)
      const { body, status } = yield* ask(exchange.m, pathOf(exchange.route), {
        version: Number(exchange.v.split(".")[1]),
        token: `fake ${projectId} ${exchange.roles}`,
        ...(exchange.m === "PUT" ? { body: exchange.b } : {})
      })
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(complaints(agree(shapeOf(body), shapeOf(exchange.r)), "body"), [])
    }).pipe(Effect.provide(world)))
})

interface Probe {
  readonly label: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly roles: string
  readonly status: number
  readonly keys: ReadonlyArray<string> | null
}

/** Probes that do not depend on those before them: of queries, and of who may do what. */
const probes = hasShared ? readLines<Probe>("nova-api/vectors/protocol.jsonl") : []
const own = /^\/servers(\?|$|\/detail|\/\{server\}($|\/os-volume_attachments|\/action))/
const known = /"(os-start|os-stop|pause|unpause|lock|unlock|os-resetState|reboot|dance)"/
const independent = probes.filter(({ body, label, method, url }) =>
  (label.startsWith("servers?") || label === "role") && own.test(url) && method !== "DELETE" && (body === null || known.test(body) || method === "PUT")
)

describe.skipIf(independent.length === 0)("recorded probes (needs the reference data)", () => {
  it.effect.each(independent.map((probe) => ({ ...probe, what: probe.body ?? "" })))(
    "$label $method $url $what as [$roles]",
    (probe) =>
      Effect.gen(function*() {
        const ask = yield* makeAsk
        yield* put(fixture)
        const { body, status, text } = yield* ask(probe.method, probe.url.replace("{server}", serverId).replace(/(?<=marker=)\{server\}/, serverId), {
          version: Number((probe.headers["OpenStack-API-Version"] ?? "compute 2.1").split(".")[1]),
          token: `fake ${projectId} ${probe.roles}`,
          ...(probe.body === null ? {} : { body: JSON.parse(probe.body) })
        })
        assert.strictEqual(status, probe.status, text)
        if (probe.keys !== null && status === 200) assert.deepStrictEqual(Object.keys(body as object).sort(), [...probe.keys].sort())
      }).pipe(Effect.provide(world))
  )
})
