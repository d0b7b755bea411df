import { Effect, Layer, Stream } from "effect"
import { Identity } from "../../actors/identity/IdentityProtocol.ts"
import { isLive } from "../../actors/instance/Instance.ts"
import type { Instance } from "../../actors/instance/Instance.ts"
import { Servers } from "../../actors/instance/ServersProtocol.ts"
import { Drains } from "../../actors/scheduler/DrainsProtocol.ts"
import { Placements } from "../../actors/scheduler/PlacementsProtocol.ts"
import { explanationOf } from "../../actors/scheduler/proof/words.ts"
import { refuse } from "../../actors/shared/Refusal.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../runtime/kernel/Journal.ts"
import { Watch } from "../../runtime/kernel/Watch.ts"
import { Limits } from "../../runtime/Limits.ts"
import { makeRequestId } from "../http/requestId.ts"
import { Authenticated, CurrentCaller, KilonovaRpcs } from "./contract.ts"
import { createOf, eventsOf, serverOf } from "./view.ts"

const away = () => refuse("unavailable", "The journal does not answer.")

/** Verifies the token of each call, which sees all that was acknowledged before it by any process. */
export const authentication = Layer.effect(Authenticated, Effect.gen(function*() {
  const identity = yield* Identity
  const { sync } = yield* Journal
  return (effect, { headers }) =>
    Effect.mapError(sync, away).pipe(
      Effect.andThen(Effect.suspend(() => identity.verify(headers["x-auth-token"] ?? ""))),
      Effect.flatMap((caller) => Effect.provideService(effect, CurrentCaller, caller))
    )
}))

const asked = Effect.flatMap(CurrentCaller, (caller) =>
  caller.projectId === null
    ? Effect.fail(refuse("forbidden", "The token is not scoped to a project."))
    : Effect.withFiber<{ readonly caller: typeof caller; readonly requestId: string }>((fiber) =>
      Effect.succeed({ caller, requestId: makeRequestId(fiber) })))

const admin = (what: string) => Effect.flatMap(asked, (call) =>
  call.caller.isAdmin ? Effect.succeed(call) : Effect.fail(refuse("forbidden", `Only administrators ${what}.`)))
const askedByAdmin = admin("see what the scheduler knows of hosts")

/** One page, newest first, from behind the marker. */
const page = (instances: Iterable<Instance>, marker: string | undefined, limit: number): Array<Instance> => {
  const found: Array<Instance> = []
  let isBehind = marker === undefined
  for (const instance of instances) {
    if (found.length >= limit) break
    if (isBehind && isLive(instance)) found.push(instance)
    isBehind ||= instance.id === marker
  }
  return found
}

export const handlers = KilonovaRpcs.toLayer(Effect.gen(function*() {
  const servers = yield* Servers
  const index = yield* InstanceIndex
  const watch = yield* Watch
  const placements = yield* Placements
  const drains = yield* Drains
  return {
    CreateServer: Effect.fnUntraced(function*(payload) {
      const call = yield* asked
      const [made] = yield* servers.create(call, createOf(payload))
      return serverOf(made!, call.caller)
    }),
    GetServer: Effect.fnUntraced(function*({ id }) {
      const call = yield* asked
      return serverOf(yield* servers.get(call, id), call.caller)
    }),
    ListServers: Effect.fnUntraced(function*({ allProjects, limit, marker }) {
      const { caller } = yield* asked
      if (allProjects === true && !caller.isAdmin) {
        return yield* Effect.fail(refuse("forbidden", "allProjects: only administrators see every project's servers."))
      }
      if (marker !== undefined && index.get(marker) === undefined) {
        return yield* Effect.fail(refuse("badRequest", `marker: server ${marker} could not be found.`))
      }
      const all = index.ofProject(allProjects === true ? null : caller.projectId)
      return page(all, marker, Math.min(limit ?? Limits.pageSizeMax, Limits.pageSizeMax))
        .map((instance) => serverOf(instance, caller))
    }),
    ActOnServer: Effect.fnUntraced(function*({ action, id }) {
      const call = yield* asked
      return serverOf(yield* servers.perform(call, id, action), call.caller)
    }),
    LiveMigrateServer: Effect.fnUntraced(function*({ host, id }) {
      const call = yield* admin("move servers between hosts")
      const move = { host: host ?? null, isForced: false, copiesDisks: null, isChecked: false }
      return serverOf(yield* servers.liveMigrate(call, id, move), call.caller)
    }),
    ConsoleLog: ({ id }) => Effect.flatMap(asked, (call) => servers.consoleLog(call, id)),
    ExplainPlacement: ({ id }) =>
      askedByAdmin.pipe(
        Effect.andThen(placements.explain(id)),
        Effect.map((found) => found.map(({ proof, server }) =>
          ({ serverId: server.id, projectId: server.projectId, proof, text: explanationOf(proof) })))
      ),
    WhatIf: ({ question }) => Effect.flatMap(askedByAdmin, (call) => placements.whatIf(call, question)),
    AdvanceDrain: ({ drain }) => Effect.flatMap(admin("move servers between hosts"), (call) => drains.advance(call, drain)),
    Events: ({ after }) =>
      Stream.unwrap(Effect.map(CurrentCaller, (caller) =>
        watch.entries(after).pipe(
          Stream.flatMap((entry) => Stream.fromIterable(eventsOf(entry, caller))),
          Stream.mapError(away)
        )))
  }
}))
