/** The composition root, and the face for programs that embed a cloud. */
import type { Layer as LayerType } from "effect"
import { Context, Deferred, Effect, Layer, Ref, Scope } from "effect"
import { Accounts } from "../actors/identity/AccountsProtocol.ts"
import type { ImageApi } from "../actors/image/ImageApiProtocol.ts"
import type { Images } from "../actors/image/ImageProtocol.ts"
import type { NetworkApi } from "../actors/network/NetworkApiProtocol.ts"
import * as DrainsService from "../actors/scheduler/DrainsService.ts"
import { defaultSettings, SchedulerOptions, type SchedulerSettings } from "../actors/scheduler/settings.ts"
import type { Refusal } from "../actors/shared/Refusal.ts"
import { refuse } from "../actors/shared/Refusal.ts"
import type { Fleet } from "../drivers/Driver.ts"
import { type Mount, serve } from "../api/http/Server.ts"
import * as RpcHandlers from "../api/rpc/handlers.ts"
import * as RpcServe from "../api/rpc/serve.ts"
import type { AgentGateway } from "../drivers/agent/AgentGateway.ts"
import type { InstanceIndex } from "./kernel/InstanceIndex.ts"
import { Journal } from "./kernel/Journal.ts"
import type { Ownership } from "./kernel/Ownership.ts"
import type { Records } from "./kernel/Records.ts"
import { Limits } from "./Limits.ts"
import * as actors from "./main/actors.ts"
import * as faces from "./main/faces.ts"
import { simulated } from "./main/fleet.ts"
import { seedFlavors } from "./main/seed.ts"
import * as operatorMetrics from "./main/metrics.ts"
import * as services from "./main/services.ts"
import * as status from "./main/status.ts"
import * as storage from "./main/storage.ts"

/** Hosts whose agents dial in, on the path `/agent` of the same port. */
interface AgentFleet {
  readonly agents: LayerType.Layer<Fleet | AgentGateway, unknown, Records | Ownership>
  readonly mount: Effect.Effect<Mount, never, AgentGateway | Images | Scope.Scope>
}

type FleetLayer = LayerType.Layer<Fleet, unknown, InstanceIndex | Records | Ownership>

export interface KilonovaOptions {
  /** Where the journal is: `"memory"`, or a SQLite file. Default: memory. */
  readonly storage?: storage.Storage
  /** Where image files are kept. Default: a folder of the system's temporary one, removed at the end. */
  readonly imagesFolder?: string
  /** The hosts; `{ simulated: n }` or any layer of a `Fleet`. Default: 8 simulated hosts. */
  readonly fleet?: { readonly simulated: number } | AgentFleet | FleetLayer
  /** Filters, weighers and their limits; those not named are as Nova's defaults. */
  readonly scheduler?: Partial<SchedulerSettings>
  /** Where to listen; `null`: nowhere, the cloud is for this program alone. Default: a free port on loopback. */
  readonly listen?: { readonly host: string; readonly port: number } | null
  /** What callers see where a proxy stands in front. */
  readonly publicUrl?: string
  /** `m1.tiny` … `m1.xlarge` in a cloud that has no flavor yet. Default: yes. */
  readonly withFlavors?: boolean
  /** Runs before the first request is answered: whatever a cloud is to start with. */
  readonly prepare?: (admin: {
    readonly userId: string
    readonly projectId: string
  }) => Effect.Effect<void, unknown, ImageApi | NetworkApi | Records | Journal | Ownership>
  /** How long it says that it is not ready before it stops taking requests. Default: not at all. */
  readonly drainMillis?: number
  /** What this process is in its cluster; without it, it is alone. */
  readonly member?: status.Member
  /** The user admin's password; without one the first start draws one. */
  readonly adminPassword?: string
}

/** A running cloud. */
export class Kilonova extends Context.Service<Kilonova, {
  /** The origin of every service, `http://127.0.0.1:8774`; `null` when it does not listen. */
  readonly url: string | null
  readonly port: number | null
  readonly admin: {
    readonly userId: string
    readonly projectId: string
    /** Only at the start that set it. */
    readonly password: string | null
    /** A token of the administrator, scoped to the project admin; refused when this start does not know the password. */
    readonly token: Effect.Effect<string, Refusal>
  }
}>()("kilonova/runtime/Kilonova") {
  /** A whole cloud, with its actors and services, for as long as the layer's scope is open. */
  static readonly layer = (options: KilonovaOptions = {}) => cloud(options)
}

const fleetOf = (fleet: KilonovaOptions["fleet"]): FleetLayer =>
  fleet === undefined
    ? simulated({ hosts: 8 })
    : "simulated" in fleet ? simulated({ hosts: fleet.simulated }) : "agents" in fleet ? fleet.agents : fleet

/** What the fleet brings is there; its type knows only what every fleet has. */
const agentMount = ({ mount }: AgentFleet) =>
  Effect.flatMap(Effect.context<Images | Scope.Scope>(), (context) =>
    Effect.provideContext(mount, context as Context.Context<Images | Scope.Scope | AgentGateway>))

const running = (options: KilonovaOptions) => Layer.effect(Kilonova, Effect.gen(function*() {
  const accounts = yield* Accounts
  const { password, projectId, userId } = yield* accounts.bootstrap(
    options.adminPassword === undefined ? {} : { password: options.adminPassword }
  )
  if (options.withFlavors !== false) yield* seedFlavors
  if (options.prepare !== undefined) yield* options.prepare({ userId, projectId })
  const known = password ?? options.adminPassword
  const token = known === undefined
    ? Effect.fail(refuse("unauthorized", "adminPassword: give the password that this cloud was first started with."))
    : Effect.map(
      accounts.authenticate({
        proofs: [{ method: "password", user: { id: userId }, password: known }],
        scope: { kind: "project", reference: { id: projectId } }
      }),
      (issued) => issued.token
    )
  const admin = { userId, projectId, password, token }
  const listen = options.listen === undefined ? { host: "127.0.0.1", port: 0 } : options.listen
  if (listen === null) return { url: null, port: null, admin }
  const isServing = yield* Ref.make(false)
  const closing = yield* Deferred.make<void>()
  const member = options.member ?? status.alone
  const { sync } = yield* Journal
  // Who cannot see what the others commit is no good to anybody for now.
  const isCurrent = Effect.isSuccess(Effect.timeout(sync, Limits.readySyncMillisMax))
  const isStaying = Effect.map(Ref.get(isServing), (serving) => serving && !member.isDrained())
  const isReady = Effect.flatMap(isStaying, (staying) => staying ? isCurrent : Effect.succeed(false))
  yield* operatorMetrics.register
  // The server's own scope is closed after what is to be told before: its sockets wait for who is connected.
  const serving = yield* Effect.flatMap(Effect.scope, Scope.fork)
  const { port } = yield* Scope.provide(serve({
    ...listen,
    ...(options.publicUrl === undefined ? {} : { publicOrigin: options.publicUrl }),
    faces: yield* faces.make,
    mounts: {
      "/rpc": yield* RpcServe.make,
      ...(options.fleet !== undefined && "mount" in options.fleet ? { "/agent": yield* agentMount(options.fleet) } : {})
    },
    isReady,
    isStaying,
    closing: Deferred.await(closing),
    status: yield* status.make(member, isReady)
  }), serving)
  yield* Effect.addFinalizer(() =>
    Ref.set(isServing, false).pipe(
      Effect.andThen(Effect.sleep(options.drainMillis ?? 0)),
      Effect.andThen(Deferred.succeed(closing, undefined))
    ))
  yield* Ref.set(isServing, true)
  const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host
  return { url: options.publicUrl ?? `http://${host}:${port}`, port, admin }
}))

const cloud = (options: KilonovaOptions) =>
  running(options).pipe(
    Layer.provide([RpcHandlers.handlers, RpcHandlers.authentication]),
    Layer.provideMerge(DrainsService.layer),
    Layer.provideMerge(actors.layer),
    Layer.provide(Layer.succeed(SchedulerOptions, { ...defaultSettings, ...options.scheduler })),
    Layer.provideMerge(services.layer(options.imagesFolder)),
    Layer.provideMerge(fleetOf(options.fleet)),
    Layer.provideMerge(storage.layer(options.storage ?? "memory"))
  )
