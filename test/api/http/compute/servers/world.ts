/**
 * The servers' routes over the true rules, journal and indexes, without actors: commands are decided at once and each
 * test says when work in flight is done.
 */
import { Clock, Effect, Layer, Logger, Result } from "effect"
import { decide, notFound } from "../../../../../src/actors/instance/decide.ts"
import { evolve } from "../../../../../src/actors/instance/evolve.ts"
import type { Instance } from "../../../../../src/actors/instance/Instance.ts"
import type { Command, Outcome, Request } from "../../../../../src/actors/instance/InstanceCommand.ts"
import { newInstance } from "../../../../../src/actors/instance/newInstance.ts"
import { type Asked, Servers } from "../../../../../src/actors/instance/ServersProtocol.ts"
import { Identity } from "../../../../../src/actors/identity/IdentityProtocol.ts"
import { hosts } from "../../../../../src/actors/host/Host.ts"
import { refuse } from "../../../../../src/actors/shared/Refusal.ts"
import { computeFace } from "../../../../../src/api/http/compute/computeFace.ts"
import { serverRoutes } from "../../../../../src/api/http/compute/servers/routes.ts"
import { nobody } from "../../../../../src/api/http/Face.ts"
import { InstanceIndex } from "../../../../../src/runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../../../../src/runtime/kernel/Journal.ts"
import { Records } from "../../../../../src/runtime/kernel/Records.ts"
import { memoryJournal } from "../../../../fixtures/ownership.ts"
import * as InstancesIndex from "../../../../../src/runtime/projections/InstancesIndex.ts"
import * as RecordsIndex from "../../../../../src/runtime/projections/RecordsIndex.ts"
import { call, type CallOptions } from "../../../../fixtures/http.ts"
import { projectId, server } from "../../../../fixtures/servers.ts"

export const otherProject = "0000656e737461636b20342065766572"
const token = (user: string, project: string, ...roles: ReadonlyArray<string>) => `${user} ${project} ${roles.join(",")}`
export const asAdmin = token("root", projectId, "admin", "manager", "member", "reader")
export const asMember = token("fake", projectId, "member", "reader")
export const asReader = token("bob", projectId, "reader")
export const asStranger = token("eve", otherProject, "member", "reader")
export const unknownImage = "00000000-0000-4000-8000-000000000000"

const identity = Layer.succeed(Identity, {
  verify: (text) => {
    const [userId = "", project = "", roles = ""] = text.split(" ")
    return Effect.succeed({ ...nobody, userId, projectId: project, roles: roles.split(","), isAdmin: roles.includes("admin") })
  },
  hasProject: () => Effect.succeed(true)
})

const commit = (before: Instance | undefined, after: Instance, version: number) =>
  Effect.flatMap(Journal, (journal) => journal.commit({
    shard: "test", epoch: null, requestId: null, reply: null,
    appends: [{
      stream: { type: "Instance", id: after.id },
      expectedVersion: before === undefined ? 0 : version,
      events: [], state: JSON.parse(JSON.stringify(after)), pending: after.work !== null
    }]
  })).pipe(Effect.orDie)

/** Stores a server as it is. */
export const put = (one: Instance) =>
  Effect.gen(function*() {
    const journal = yield* Journal
    const snapshot = yield* Effect.orDie(journal.load({ type: "Instance", id: one.id }))
    const version = snapshot._tag === "Some" ? snapshot.value.version : 0
    yield* commit(version === 0 ? undefined : one, one, version)
    return one
  })

const execute = (id: string, command: Command) =>
  Effect.gen(function*() {
    const index = yield* InstanceIndex
    const before = index.get(id) ?? null
    const decision = decide(id, before, command)
    if (Result.isFailure(decision)) return yield* Effect.fail(decision.failure)
    const after = decision.success.reduce<Instance | null>(evolve, before)!
    if (decision.success.length > 0) yield* put(after)
    return after
  })

const outcomes: { readonly [step: string]: typeof Outcome.Type } = {
  select: { _tag: "Placed", host: "compute-2", availabilityZone: "us-west", nics: [] },
  schedule: { _tag: "Placed", host: "compute-1", availabilityZone: "us-west", nics: server().nics }
}
/** Ends all work in flight well. */
export const settle = Effect.gen(function*() {
  const index = yield* InstanceIndex
  for (let rounds = 0; rounds < 5; rounds++) {
    for (const { id, work } of [...index.pending()]) {
      const atMillis = yield* Clock.currentTimeMillis
      const outcome = outcomes[work!.step] ?? { _tag: "Done" as const }
      yield* execute(id, { _tag: "Advance", generation: work!.generation, outcome, atMillis, promises: [] })
    }
  }
})

const servers = Layer.effect(Servers, Effect.gen(function*() {
  const context = yield* Effect.context<Journal | InstanceIndex>()
  const index = yield* InstanceIndex
  let made = 0
  const requestOf = ({ caller, requestId }: Asked): Effect.Effect<Request> =>
    Effect.map(Clock.currentTimeMillis, (atMillis) => ({
      requestId, userId: caller.userId, projectId: caller.projectId ?? "", isAdmin: caller.isAdmin, atMillis,
      deadlineMillis: atMillis + 1000
    }))
  const get: Servers["Service"]["get"] = ({ caller }, id) => {
    const found = index.get(id)
    return found === undefined || found.vmState === "deleted" || !(caller.isAdmin || found.projectId === caller.projectId)
      ? Effect.fail(notFound(id)) : Effect.succeed(found)
  }
  const ask = (asked: Asked, id: string, command: (request: Request) => Command) =>
    Effect.andThen(get(asked, id), Effect.flatMap(requestOf(asked), (request) => execute(id, command(request)))).pipe(
      Effect.provideContext(context)
    )
  return {
    get,
    create: (asked, create) => Effect.gen(function*() {
      if (create.imageId === unknownImage) return yield* refuse("badRequest", "no image", "ImageNotFound")
      const request = yield* requestOf(asked)
      return yield* Effect.forEach(Array.from({ length: create.maxCount }), (_, at) => {
        const id = `10000000-0000-4000-8000-${String(++made).padStart(12, "0")}`
        const wish = {
          availabilityZone: create.availabilityZone, host: create.host, isForced: create.isForced, serverGroupId: null,
          groupPolicy: null, maxServerPerHost: 1, hints: create.hints
        }
        const resolved = { flavor: server().flavor, imageProperties: {}, publicKey: null, devicePorts: [], wish }
        return put(newInstance(create, resolved, request, { id, reservationId: "r-abcdefgh" }, at, create.maxCount))
      })
    }).pipe(Effect.provideContext(context)),
    perform: (asked, id, action) => ask(asked, id, (request) => ({ _tag: "Perform", action, request })),
    change: (asked, id, kind, patch) => ask(asked, id, (request) => ({ _tag: "Change", kind, patch, request })),
    lock: (asked, id, reason) => ask(asked, id, (request) => ({ _tag: "Lock", reason, request })),
    unlock: (asked, id, mayOverride) => ask(asked, id, (request) => ({ _tag: "Unlock", mayOverride, request })),
    resetState: (asked, id, vmState) => ask(asked, id, (request) => ({ _tag: "ResetState", vmState, request })),
    liveMigrate: (asked, id, { copiesDisks, host, isForced }) =>
      ask(asked, id, (request) => ({
        _tag: "Perform", action: "liveMigrate", request,
        move: { id: "30000000-0000-4000-8000-000000000001", number: 1, host, isForced, copiesDisks }
      })),
    coldMigrate: (asked, id, { flavorId, host }) =>
      ask(asked, id, (request) => ({
        _tag: "Perform", action: flavorId === null ? "migrate" : "resize", request,
        move: {
          id: "30000000-0000-4000-8000-000000000002", number: 2, host, isForced: false, copiesDisks: null,
          ...(flavorId === null ? { type: "migration" as const } : { type: "resize" as const, flavor: { ...server().flavor, id: flavorId } })
        }
      })),
    abortMigration: (asked, id, number, mayWait) => ask(asked, id, (request) => ({ _tag: "ControlMove", control: "abort", number, mayWait, request })),
    forceCompleteMigration: (asked, id, number) =>
      ask(asked, id, (request) => ({ _tag: "ControlMove", control: "forceComplete", number, mayWait: false, request })),
    consoleLog: () => Effect.succeed("one\u0001\ntwo\nthree")
  }
}))

const host = {
  hostname: "compute-1", id: "h", number: 1, serviceId: "s", serviceNumber: 1, availabilityZone: "us-west", isDisabled: false,
  disabledReason: null, isForcedDown: false, createdAt: "2026-11-22T08:00:00.000Z", updatedAt: "2026-11-22T08:00:00.000Z",
  hypervisorType: "simulated", hypervisorVersion: 1, hostIp: "127.0.0.1", cpuModel: "x", cpuArch: "x86_64", vcpus: 8,
  memoryMb: 8192, diskGb: 100, numa: [], traits: []
}
export const putHost = (changes: Partial<typeof host> = {}) =>
  Effect.flatMap(Records, (records) =>
    Effect.orDie(records.write([{ table: hosts, put: { ...host, ...changes }, expect: "any" }])))

const store = Layer.mergeAll(RecordsIndex.layer, InstancesIndex.layer).pipe(Layer.provideMerge(memoryJournal))
export const world = Layer.mergeAll(servers, identity, Logger.layer([])).pipe(Layer.provideMerge(store))

export type Ask = (
  method: string, path: string, options?: Omit<CallOptions, "path" | "method"> & { readonly version?: number }
) => ReturnType<typeof call>

/** Calls the service: a member at the newest version, unless told otherwise. */
export const makeAsk = Effect.map(computeFace({ operations: serverRoutes }), (face): Ask =>
  (method, path, { headers, version = 104, ...options } = {}) =>
    call(face, {
      token: asMember, ...options, method, path: `/v2.1${path}`,
      headers: { ...headers, "openstack-api-version": `compute 2.${version}` }
    }))
