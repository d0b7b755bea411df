/** What the reference answered to probes of headers, versions, faults and roles; the server's own are tested beside it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { operations } from "../../../../src/api/http/compute/allOperations.ts"
import { addHosts, asAdmin, makeRawAsk, project, tokenOf, world } from "../../../fixtures/compute.ts"
import { server, serverId } from "../../../fixtures/servers.ts"
import { hasShared, readLines } from "../../../fixtures/shared.ts"
import { put } from "./servers/world.ts"

interface Probe {
  readonly label: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | null>>
  readonly body: string | null
  readonly roles: string
  readonly status: number
  readonly response_headers: Readonly<Record<string, string>>
  readonly fault: readonly [name: string, code: number, keys: ReadonlyArray<string>] | null
  readonly keys: ReadonlyArray<string> | null
  readonly empty: boolean
}

const paths = operations.map((row) => new RegExp(`^${row.method} ${row.path.replaceAll(/:\w+/g, "[^/]+")}$`))
const pathOf = (url: string) => url.replace("(root)", "").replace("/v2.1", "").split("?")[0]!
const concerns = ({ headers, method, url }: Probe) =>
  !url.includes("/servers") && (url.startsWith("(root)") || (paths.some((path) => path.test(`${method} ${pathOf(url)}`)) && headers["X-Auth-User"] === undefined))

const versionHeaders = ["openstack-api-version", "x-openstack-nova-api-version", "vary"]

const differences = (probe: Probe, answer: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown; readonly text: string }) => {
  const keysOf = (value: unknown) => typeof value === "object" && value !== null ? Object.keys(value).toSorted() : null
  const seen = {
    status: answer.status,
    type: answer.headers["content-type"],
    versions: versionHeaders.map((name) => answer.headers[name]),
    keys: probe.fault === null ? probe.keys === null ? null : keysOf(answer.body) : keysOf(answer.body),
    empty: answer.text === ""
  }
  const expected = {
    status: probe.status,
    type: probe.response_headers["content-type"],
    versions: versionHeaders.map((name) => probe.response_headers[name]),
    keys: probe.fault === null ? probe.keys?.toSorted() ?? null : [probe.fault[0]],
    empty: probe.empty
  }
  return JSON.stringify(seen) === JSON.stringify(expected) ? [] : [`${probe.label} ${probe.method} ${probe.url} ${JSON.stringify(probe.headers)} ${probe.roles}: ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`]
}

describe.skipIf(!hasShared)("probes of the reference", () => {
  it.effect("get its answers", () =>
    Effect.gen(function*() {
      yield* addHosts
      const ask = yield* makeRawAsk
      const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGBN1xO2bsg8gqlqgdsdOyFH0nFKXhCDPTbJ1UqjUVXp"
      yield* ask("POST", "/v2.1/os-keypairs", { token: tokenOf("prober", project, "member,reader"), body: { keypair: { name: "k1", public_key: key } } })
      yield* ask("POST", "/v2.1/flavors", { token: asAdmin, body: { flavor: { name: "m1.tiny", ram: 512, vcpus: 1, disk: 1, id: "1" } } })
      yield* put(server())
      const probes = readLines<Probe>("nova-api/vectors/protocol.jsonl").filter(concerns)
      const wrong: Array<string> = []
      for (const probe of probes) {
        const path = probe.url.startsWith("(root)") ? probe.url.slice(6) || "/" : `/v2.1${probe.url}`
        const headers = Object.fromEntries(Object.entries(probe.headers).filter((entry): entry is [string, string] => entry[1] !== null))
        const answer = yield* ask(probe.method, path.replace("{project}", project), {
          token: tokenOf("prober", project, probe.roles), headers,
          ...(probe.body === null ? {} : { body: probe.body.replace("{server}", serverId) })
        })
        wrong.push(...differences(probe, answer))
      }
      assert.deepStrictEqual(wrong, [])
      assert.isAbove(probes.length, 60)
    }).pipe(Effect.provide(world)), 30_000)
})
