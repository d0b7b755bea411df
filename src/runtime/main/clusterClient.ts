/** What operators' commands build: the cluster's journal and records, read and written by a process that is no member. */
import { Context, Effect, Layer } from "effect"
import { AgentCredentials } from "../../actors/host/AgentCredentialsProtocol.ts"
import * as AgentCredentialsService from "../../actors/host/AgentCredentialsService.ts"
import * as ClusterJournal from "../cluster/ClusterJournal.ts"
import * as ClusterOwnership from "../cluster/ClusterOwnership.ts"
import * as Doom from "../cluster/Doom.ts"
import { Membership } from "../cluster/Membership.ts"
import * as RecordsIndex from "../projections/RecordsIndex.ts"
import { Store, StoreUnavailable } from "../kernel/Store.ts"
import * as formats from "./formats.ts"
import type { ClusterSettings } from "./options.ts"
import { redisStore } from "./redis.ts"
import { cannotStart, StartError } from "./StartError.ts"
import { telemetry } from "./telemetry.ts"

const layer = (settings: ClusterSettings) =>
  AgentCredentialsService.layer.pipe(
    Layer.provideMerge(RecordsIndex.layer),
    Layer.provideMerge(ClusterOwnership.layer),
    Layer.provideMerge(formats.layer),
    Layer.provide(ClusterJournal.layer),
    Layer.provide([Membership.layer("operator:0"), Layer.effect(Doom.Doom, Doom.make)]),
    Layer.provideMerge(redisStore(settings))
  )

type Services = Layer.Success<ReturnType<typeof layer>>

const told = (error: unknown): StartError =>
  error instanceof StartError ? error : error instanceof StoreUnavailable ? cannotStart(`Redis does not answer: ${messageOf(error.cause)}`) : cannotStart(messageOf(error))

const messageOf = (error: unknown): string =>
  (typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error))

/** Runs an operator's command on the store alone; whatever goes wrong is told in its own words. */
export const withStore = <A>(settings: ClusterSettings, command: Effect.Effect<A, unknown, Store>): Effect.Effect<A, StartError> =>
  Effect.provide(command, redisStore(settings)).pipe(Effect.mapError(told), Effect.provide(telemetry(settings)))

/** Runs an operator's command on the cluster's journal and records. */
export const withCluster = <A>(settings: ClusterSettings, command: Effect.Effect<A, unknown, Services>): Effect.Effect<A, StartError> =>
  Effect.scoped(Effect.gen(function*() {
    const context = yield* Layer.build(layer(settings))
    return yield* Effect.provideContext(command, context as Context.Context<Services>)
  })).pipe(Effect.mapError(told), Effect.provide(telemetry(settings)))

/** A new token for each host, `hostname token` a line: what an agent's --token-file holds. */
export const token = (settings: ClusterSettings, hostnames: ReadonlyArray<string>): Effect.Effect<string, StartError> =>
  withCluster(settings, Effect.gen(function*() {
    const credentials = yield* AgentCredentials
    const made = yield* Effect.forEach(hostnames, (hostname) => credentials.create(hostname))
    return made.map((one) => `${one.hostname} ${one.token}`).join("\n")
  }))

/** Ends the hosts' credentials, and the attachments of their agents with them. */
export const revoke = (settings: ClusterSettings, hostnames: ReadonlyArray<string>): Effect.Effect<string, StartError> =>
  withCluster(settings, Effect.gen(function*() {
    const credentials = yield* AgentCredentials
    yield* Effect.forEach(hostnames, (hostname) => credentials.revoke(hostname), { discard: true })
    return hostnames.map((hostname) => `${hostname} revoked`).join("\n")
  }))
