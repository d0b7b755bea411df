/** What a recorded request needs to be there, where the recording does not show how it came to be. */
import { Effect } from "effect"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { items, text } from "../fixtures/json.ts"
import { breathe, type Cloud } from "./cloud.ts"
import { actionOf, type Exchange } from "./exchanges.ts"
import { isId, type Names } from "./names.ts"

const admin = "reader,member,manager,admin"
const image = "70a599e0-31e7-49b7-b260-868f441e862b"

type Json = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** Everything the test's answers say about a thing of that id. */
const toldOf = (test: ReadonlyArray<Exchange>, id: string): Json => {
  const found: Record<string, unknown> = {}
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk)
    else if (isObject(value)) {
      if (value["id"] === id) for (const [key, one] of Object.entries(value)) found[key] ??= one
      Object.values(value).forEach(walk)
    }
  }
  for (const { r } of test) walk(r)
  return found
}

const textOr = (value: unknown, otherwise: string) => typeof value === "string" ? value : otherwise

export interface Scene {
  readonly cloud: Cloud
  readonly names: Names
  readonly test: ReadonlyArray<Exchange>
}
type Make = (scene: Scene, id: string, exchange: Exchange) => Effect.Effect<unknown>

const makeServer: Make = ({ cloud, names, test }, id) =>
  Effect.gen(function*() {
    const told = toldOf(test, id)
    const zone = textOr(told["OS-EXT-SRV-ATTR:host"], "")
    const { body } = yield* cloud.ask("POST", "/v2.1/servers", admin, "2.90", {
      server: {
        name: textOr(told["name"], "new-server-test"),
        flavorRef: textOr((told["flavor"] as Json | undefined)?.["id"], "1"),
        imageRef: textOr((told["image"] as Json | undefined)?.["id"], image),
        networks: "auto",
        metadata: isObject(told["metadata"]) ? told["metadata"] : {},
        ...(Array.isArray(told["tags"]) ? { tags: told["tags"] } : {}),
        ...(typeof told["description"] === "string" ? { description: told["description"] } : {}),
        ...(typeof told["accessIPv4"] === "string" && told["accessIPv4"] !== "" ? { accessIPv4: told["accessIPv4"] } : {}),
        ...(typeof told["accessIPv6"] === "string" && told["accessIPv6"] !== "" ? { accessIPv6: told["accessIPv6"] } : {}),
        ...(zone === "" ? {} : { availability_zone: `nova:${zone}` })
      }
    })
    yield* breathe
    const made = isObject(body) && isObject(body["server"]) ? text(body, "server.id") : null
    if (made !== null) names.learn(id, made)
  })

/** Services and hypervisors are there already: the one of the same host stands for it. */
const findOf = (path: string, list: string, hostKey: string): Make => ({ cloud, names, test }, id) =>
  Effect.gen(function*() {
    const { body } = yield* cloud.ask("GET", path, admin, "2.104")
    const told = toldOf(test, id)
    const rows = items(body, list).filter(isObject)
    const found = rows.find((row) => row[hostKey] === told[hostKey]) ?? rows[0]
    if (found !== undefined) names.learn(id, String(found["id"]))
  })

const makeGroup: Make = ({ cloud, names, test }, id) =>
  Effect.gen(function*() {
    const told = toldOf(test, id)
    const policy = Array.isArray(told["policies"]) ? String(told["policies"][0]) : textOr(told["policy"], "anti-affinity")
    const { body } = yield* cloud.ask("POST", "/v2.1/os-server-groups", admin, "2.64", {
      server_group: { name: textOr(told["name"], "test"), policy }
    })
    names.learn(id, text(body, "server_group.id"))
  })

/** A flavor may have any id: it gets the recorded one. */
const makeFlavor: Make = ({ cloud, names, test }, id) =>
  Effect.gen(function*() {
    const known = yield* cloud.ask("GET", `/v2.1/flavors/${id}`, admin, "2.1")
    if (known.status === 200) return
    const told = toldOf(test, id)
    yield* cloud.ask("POST", "/v2.1/flavors", admin, "2.55", {
      flavor: {
        id, name: textOr(told["name"], `flavor-${id}`), ram: told["ram"] ?? 512, vcpus: told["vcpus"] ?? 1, disk: told["disk"] ?? 1,
        description: told["description"] ?? null,
        "os-flavor-access:is_public": told["os-flavor-access:is_public"] ?? !test.some(({ route, u }) => u.includes("/os-flavor-access") || route === "/flavors/{id}/action")
      }
    })
    names.learn(id, id)
  })

/** The cards of a server: the one it has stands for the one recorded. */
const findPort: Make = ({ cloud, names }, id, { u }) =>
  Effect.sync(() => {
    const nic = cloud.index.get(names.translate(/\/servers\/([^/?]+)/.exec(u)![1]!))?.nics[0]
    if (nic !== undefined) names.learn(id, nic.portId)
  })
const findAction: Make = ({ cloud, names }, id, { u }) =>
  Effect.sync(() => {
    const action = cloud.index.get(names.translate(/\/servers\/([^/?]+)/.exec(u)![1]!))?.actions[0]
    if (action !== undefined) names.learn(id, action.requestId)
  })

const makeKeypair: Make = ({ cloud }, name, { roles }) =>
  cloud.ask("POST", "/v2.1/os-keypairs", roles, "2.1", { keypair: { name: decodeURIComponent(name) } })

const makeAggregate: Make = ({ cloud, test }, id, { route }) =>
  Effect.gen(function*() {
    const known = yield* cloud.ask("GET", `/v2.1/os-aggregates/${id}`, admin, "2.1")
    if (known.status === 200) return
    const { body } = yield* cloud.ask("POST", "/v2.1/os-aggregates", admin, "2.1", { aggregate: { name: "name", availability_zone: "london" } })
    const made = (body as { readonly aggregate: { readonly id: number } }).aggregate.id
    const { b } = test[0]!
    if (route.endsWith("/action") && isObject(b) && b["remove_host"] !== undefined) {
      yield* cloud.ask("POST", `/v2.1/os-aggregates/${made}/action`, admin, "2.1", { add_host: b["remove_host"] })
    }
  })

const makers: ReadonlyArray<readonly [path: RegExp, make: Make, isNeeded: (id: string) => boolean]> = [
  [/\/servers\/([^/?]+)/, makeServer, isId],
  [/\/os-services\/([^/?]+)/, findOf("/v2.1/os-services?binary=nova-compute", "services", "host"), isId],
  [/\/os-hypervisors\/([^/?]+)/, findOf("/v2.1/os-hypervisors", "hypervisors", "hypervisor_hostname"), isId],
  [/\/os-hypervisors.*[?&]marker=([^&]+)/, findOf("/v2.1/os-hypervisors", "hypervisors", "hypervisor_hostname"), isId],
  [/\/os-interface\/([^/?]+)/, findPort, isId],
  [/\/os-instance-actions\/([^/?]+)/, findAction, isId],
  [/\/os-server-groups\/([^/?]+)/, makeGroup, isId],
  [/\/flavors\/([^/?]+)/, makeFlavor, (id) => id !== "detail"],
  [/\/os-aggregates\/([^/?]+)/, makeAggregate, () => true],
  [/\/os-keypairs\/([^/?]+)/, makeKeypair, () => true]
]

/** Ids in bodies, by the key they stand under. */
const inBodies: Readonly<Record<string, Make>> = { flavorRef: makeFlavor, group: makeGroup, same_host: makeServer, different_host: makeServer, instance_uuid: makeServer, server_uuid: makeServer }

const idsIn = (value: unknown, key = ""): ReadonlyArray<readonly [key: string, id: string]> =>
  Array.isArray(value)
    ? value.flatMap((one) => idsIn(one, key))
    : isObject(value)
    ? Object.entries(value).flatMap(([one, inner]) => idsIn(inner, one))
    : typeof value === "string" ? [[key, value.split("/").at(-1)!]] : []

/** Lists show what is there: what only the list tells of is made for it. */
const makeListed = Effect.fnUntraced(function*(scene: Scene, exchange: Exchange) {
  for (const [list, make, key] of [["servers", makeServer, "id"], ["server_groups", makeGroup, "id"], ["keypairs", makeKeypair, "name"]] as const) {
    const listed = isObject(exchange.r) && Array.isArray(exchange.r[list]) ? exchange.r[list].filter(isObject) : []
    for (const row of listed) {
      const id = key === "id" ? row["id"] : (row["keypair"] as Json)["name"]
      if (typeof id === "string" && !scene.names.knows(id)) yield* make(scene, id, exchange)
    }
  }
})

/** What must have been done to a server before it accepts an action. */
const before: Readonly<Record<string, readonly [state: Instance["vmState"], action: string]>> = {
  "os-start": ["stopped", "os-stop"],
  unpause: ["paused", "pause"],
  resume: ["suspended", "suspend"],
  "os-stop": ["active", "os-start"],
  pause: ["active", "unpause"],
  suspend: ["active", "resume"]
}

/** Puts there what the request speaks of and the reference knew. */
export const prepare = Effect.fnUntraced(function*(scene: Scene, exchange: Exchange) {
  const { cloud, names } = scene
  if (exchange.s === 404) return
  for (const [path, make, isNeeded] of makers) {
    const id = path.exec(exchange.u)?.[1]
    if (id !== undefined && isNeeded(id) && !names.knows(id)) yield* make(scene, id, exchange)
  }
  if (exchange.s >= 400) return
  if (exchange.m === "GET") yield* makeListed(scene, exchange)
  for (const [key, id] of idsIn(exchange.b)) {
    if (inBodies[key] !== undefined && isId(id) && !names.knows(id)) yield* inBodies[key](scene, id, exchange)
  }
  const step = before[actionOf(exchange) ?? ""]
  const server = cloud.index.get(names.translate(/\/servers\/([^/?]+)/.exec(exchange.u)?.[1] ?? ""))
  if (step !== undefined && server !== undefined && server.vmState !== step[0]) {
    yield* cloud.ask("POST", `/v2.1/servers/${server.id}/action`, admin, "2.1", { [step[1]]: null })
    yield* breathe
  }
})
