/** Mutated requests get a fault in Nova's form, never a 500; a refused one changes nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { InstanceIndex } from "../../../../../src/runtime/kernel/InstanceIndex.ts"
import { server, serverId } from "../../../../fixtures/servers.ts"
import { asAdmin, asMember, makeAsk, put, putHost, world } from "./world.ts"

/** A small generator of its own, so that a seed names a run. */
const numbers = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const image = "70a599e0-31e7-49b7-b260-868f441e862b"
const nasty: ReadonlyArray<unknown> = [
  null, true, 0, -1, 1e308, "", " ", "\u0000", "é", "💥", "a".repeat(300), "../..", "__proto__", "constructor", [], [null], [[]], {},
  { a: {} }, JSON.parse("{\"__proto__\":{\"x\":1}}"), "%00", "99999999999999999999", image, "zone:host", "::", "none", "auto"
]
const bodies: ReadonlyArray<readonly [method: string, path: string, body: unknown]> = [
  ["POST", "/servers", {
    server: {
      name: "a", imageRef: image, flavorRef: "1", networks: [{ uuid: image, fixed_ip: "10.0.0.1", tag: "t" }], metadata: { k: "v" },
      tags: ["x"], security_groups: [{ name: "g" }], user_data: "aGk=", availability_zone: "us-west:compute-1", min_count: 1,
      max_count: 2, block_device_mapping_v2: [{ source_type: "image", destination_type: "local", boot_index: 0, uuid: image }],
      config_drive: true, key_name: "k", description: "d", return_reservation_id: false
    },
    "os:scheduler_hints": { group: image, query: "x" }
  }],
  ["PUT", `/servers/${serverId}`, { server: { name: "n", description: "d", hostname: "h", pinned_availability_zone: null, accessIPv4: "1.2.3.4" } }],
  ["POST", `/servers/${serverId}/metadata`, { metadata: { a: "b" } }],
  ["PUT", `/servers/${serverId}/metadata/a`, { meta: { a: "b" } }],
  ["PUT", `/servers/${serverId}/tags`, { tags: ["a", "b"] }],
  ["POST", `/servers/${serverId}/action`, { reboot: { type: "SOFT" } }],
  ["POST", `/servers/${serverId}/action`, { lock: { locked_reason: "r" } }],
  ["POST", `/servers/${serverId}/action`, { "os-resetState": { state: "active" } }],
  ["POST", `/servers/${serverId}/action`, { "os-getConsoleOutput": { length: 3 } }]
]
const queries = [
  "name", "ip", "ip6", "status", "limit", "marker", "sort_key", "sort_dir", "changes-since", "changes-before", "tags", "not-tags-any",
  "locked", "deleted", "soft_deleted", "all_tenants", "host", "flavor", "image", "power_state", "created_at", "project_id", "metadata"
]
const texts = [...nasty.filter((one) => typeof one === "string"), "(", "[a", "a{2,1}", "(?<!a)b", "\\", "(a+)+$", "2012", "2012-99", "-1", "0", "asc", "True"]

/** One node of a JSON value put in another's place, dropped, or made a list. */
const mutated = (value: unknown, random: () => number): unknown => {
  const pick = <A>(from: ReadonlyArray<A>): A => from[Math.floor(random() * from.length)]!
  if (random() < 0.15 || typeof value !== "object" || value === null) return pick(nasty)
  if (Array.isArray(value)) {
    const at = Math.floor(random() * value.length)
    return random() < 0.2 ? [...value, ...value] : value.map((one, index) => index === at ? mutated(one, random) : one)
  }
  const entries = Object.entries(value)
  const [key] = entries.length === 0 ? ["new"] : pick(entries)
  if (random() < 0.1) return Object.fromEntries(entries.filter(([one]) => one !== key))
  if (random() < 0.1) return Object.fromEntries([...entries, [String(pick(texts)), pick(nasty)]])
  return Object.fromEntries(entries.map(([one, inner]) => [one, one === key ? mutated(inner, random) : inner]))
}

const versions = [1, 2, 18, 19, 26, 36, 37, 52, 57, 66, 73, 75, 90, 96, 104]

describe("mutated requests", () => {
  it.effect.each([1, 2, 3, 4])("of seed %i", (seed) =>
    Effect.gen(function*() {
      const random = numbers(seed)
      const ask = yield* makeAsk
      const index = yield* InstanceIndex
      yield* putHost()
      for (let run = 0; run < 250; run++) {
        yield* put(server())
        const before = [index.get(serverId), index.size()]
        const [method, path, body] = bodies[run % bodies.length]!
        const request = mutated(body, random)
        const version = versions[Math.floor(random() * versions.length)]!
        const token = random() < 0.5 ? asAdmin : asMember
        const answer = yield* ask(method, path, { body: request, version, token })
        const told = `${method} ${path} 2.${version} ${JSON.stringify(request)} → ${answer.status} ${answer.text}`
        assert.isBelow(answer.status, 500, told)
        if (answer.status < 400) continue
        const [fault] = Object.values(answer.body as object)
        assert.deepStrictEqual([fault.code, typeof fault.message], [answer.status, "string"], told)
        assert.deepStrictEqual([index.get(serverId), index.size()], before, told)
      }
      for (let run = 0; run < 250; run++) {
        const query = Array.from({ length: 1 + Math.floor(random() * 2) }, () =>
          `${queries[Math.floor(random() * queries.length)]}=${encodeURIComponent(String(texts[Math.floor(random() * texts.length)]))}`).join("&")
        const version = versions[Math.floor(random() * versions.length)]!
        const answer = yield* ask("GET", `/servers/detail?${query}`, { version, token: random() < 0.5 ? asAdmin : asMember })
        assert.isBelow(answer.status, 500, `${query} 2.${version} → ${answer.text}`)
      }
    }).pipe(Effect.provide(world)))
})
