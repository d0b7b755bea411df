/** The placement service over true records and servers in a journal in memory. */
import { assert } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { type Host, hosts } from "../../../../src/actors/host/Host.ts"
import { Identity } from "../../../../src/actors/identity/IdentityProtocol.ts"
import type { Instance } from "../../../../src/actors/instance/Instance.ts"
import * as PlacementAdminService from "../../../../src/actors/placement/PlacementAdminService.ts"
import * as PlacementService from "../../../../src/actors/placement/PlacementService.ts"
import { refuse } from "../../../../src/actors/shared/Refusal.ts"
import { nobody } from "../../../../src/api/http/Face.ts"
import * as PlacementFace from "../../../../src/api/http/placement/placementFace.ts"
import { Journal } from "../../../../src/runtime/kernel/Journal.ts"
import { Records } from "../../../../src/runtime/kernel/Records.ts"
import { memoryJournal } from "../../../fixtures/ownership.ts"
import * as InstancesIndex from "../../../../src/runtime/projections/InstancesIndex.ts"
import * as RecordsIndex from "../../../../src/runtime/projections/RecordsIndex.ts"
import { type Called, call, type CallOptions } from "../../../fixtures/http.ts"
import { anInstance } from "../../../fixtures/instances.ts"
import { at } from "../../../fixtures/json.ts"

/** A token is a list of roles, in the project `project`; `system:admin` is for the whole system. */
const identity = Layer.succeed(Identity, {
  verify: (token) =>
    token === "forged"
      ? Effect.fail(refuse("unauthorized", "no"))
      : Effect.succeed({
        ...nobody, userId: "user", roles: token.replace("system:", "").split(","), isAdmin: token.includes("admin"),
        systemScope: token.startsWith("system:"), projectId: token.startsWith("system:") ? null : "project"
      }),
  hasProject: () => Effect.succeed(true)
})

const store = Layer.mergeAll(RecordsIndex.layer, InstancesIndex.layer).pipe(Layer.provideMerge(memoryJournal))
const placement = PlacementAdminService.layer.pipe(Layer.provideMerge(PlacementService.layer))
export const world = Layer.mergeAll(placement, identity, Logger.layer([])).pipe(Layer.provideMerge(store))

export const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`

/** 16 CPUs, 32 GiB, 500 GiB. */
export const putHost = (number: number, changes: Partial<Host> = {}) =>
  Effect.flatMap(Records, (records) =>
    Effect.orDie(records.write([{
      table: hosts,
      expect: "any",
      put: {
        hostname: `host-${number}`, number, serviceNumber: number, id: uuid(number), serviceId: uuid(1000 + number),
        availabilityZone: "nova", isDisabled: false, disabledReason: null, isForcedDown: false,
        createdAt: "2030-01-01T10:00:00.000Z", updatedAt: "2030-01-01T10:00:00.000Z", hypervisorType: "fake",
        hypervisorVersion: 1000, hostIp: "192.0.2.1", cpuModel: "Nehalem", cpuArch: "x86_64", vcpus: 16, memoryMb: 32_768,
        diskGb: 500, numa: [], traits: ["HW_CPU_X86_VMX"], ...changes
      }
    }])))

/** 4 CPUs, 8 GiB, and 10 + 5 + 1 GiB of disk, on the first host. */
export const putServer = (number: number, changes: Partial<Instance> = {}) =>
  Effect.gen(function*() {
    const journal = yield* Journal
    const server = anInstance({
      id: uuid(2000 + number),
      flavor: { id: "f", name: "f", vcpus: 4, ramMb: 8192, diskGb: 10, ephemeralGb: 5, swapMb: 512, extraSpecs: {} },
      ...changes
    })
    const stream = { type: "Instance", id: server.id }
    const before = yield* journal.load(stream)
    yield* journal.commit({
      shard: "test", epoch: null, requestId: null, reply: null,
      appends: [{
        stream, expectedVersion: before._tag === "Some" ? before.value.version : 0, events: [],
        state: JSON.parse(JSON.stringify(server)), pending: false
      }]
    })
    return server
  }).pipe(Effect.orDie)

export type Ask = (path: string, version?: string, options?: Omit<CallOptions, "path">) => Effect.Effect<Called>

/** Asks as an operator at the newest version, unless told otherwise. */
export const makeAsk = Effect.map(PlacementFace.make, (face): Ask =>
  (path, version = "latest", { headers, ...options } = {}) =>
    call(face, { token: "admin", ...options, path, headers: { ...headers, "openstack-api-version": `placement ${version}` } }))
export const makeRawAsk = Effect.map(PlacementFace.make, (face) => (options: CallOptions) => call(face, { token: "admin", ...options }))

/** Does something at a version, the newest by default: `PUT /traits/CUSTOM_A`, with a body or none. */
export type Do = (what: string, body?: unknown, version?: string, token?: string) => Effect.Effect<Called>
export const makeDo = Effect.map(makeAsk, (ask): Do =>
  (what, body, version = "latest", token = "admin") => {
    const [method = "GET", path = "/"] = what.split(" ")
    return ask(path, version, { method, token, ...(body === undefined ? {} : { body }) })
  })

/** Of a refusal, what it says of the case: after what it says of its status. */
export const detailOf = ({ body }: Called): string => String(at(body, "errors.0.detail")).split("\n\n").slice(1).join(" ").trim()

/** Status and, of a refusal, its code and its words. */
export const said = (answer: Called): string =>
  answer.status < 400 ? String(answer.status) : `${answer.status} ${String(at(answer.body, "errors.0.code"))} ${detailOf(answer)}`

/** A client's own provider with these inventories, under a parent or none. */
export const putProvider = (act: Do, number: number, totals: Readonly<Record<string, number>> = {}, parent: number | null = null) =>
  Effect.gen(function*() {
    const body = { name: `rp-${number}`, uuid: uuid(number), parent_provider_uuid: parent === null ? null : uuid(parent) }
    assert.strictEqual(said(yield* act("POST /resource_providers", body)), "200")
    for (const resource_class of Object.keys(totals).filter((name) => name.startsWith("CUSTOM_"))) yield* act(`PUT /resource_classes/${resource_class}`)
    const inventories = Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, { total }]))
    const put = yield* act(`PUT /resource_providers/${uuid(number)}/inventories`, { resource_provider_generation: 0, inventories })
    assert.strictEqual(said(put), "200")
  })

export const generationOf = (act: Do, number: number) =>
  Effect.map(act(`GET /resource_providers/${uuid(number)}`), ({ body }) => at(body, "generation") as number)
