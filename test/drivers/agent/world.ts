/** Runners that share a journal, and agents that dial them over true websockets on loopback. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect, Fiber, Layer, Logger } from "effect"
import type { Scope } from "effect"
import { TestClock } from "effect/testing"
import { AgentCredentials } from "../../../src/actors/host/AgentCredentialsProtocol.ts"
import * as AgentCredentialsService from "../../../src/actors/host/AgentCredentialsService.ts"
import { Images } from "../../../src/actors/image/ImageProtocol.ts"
import { refuse } from "../../../src/actors/shared/Refusal.ts"
import { serve } from "../../../src/api/http/Server.ts"
import * as Agent from "../../../src/drivers/agent/Agent.ts"
import * as AgentFleet from "../../../src/drivers/agent/AgentFleet.ts"
import * as mount from "../../../src/drivers/agent/mount.ts"
import { Fleet } from "../../../src/drivers/Driver.ts"
import { Faults } from "../../../src/drivers/simulated/Faults.ts"
import * as SimulatedFleet from "../../../src/drivers/simulated/SimulatedFleet.ts"
import { Journal } from "../../../src/runtime/kernel/Journal.ts"
import { type HighWater, Ownership, type OwnershipChange } from "../../../src/runtime/kernel/Ownership.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import * as MemoryJournal from "../../../src/runtime/memory/MemoryJournal.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"

/** Who owns which host, as all runners see it. Hosts nobody was given belong to the runner `first`. */
export class Territory {
  private readonly owners = new Map<string, { readonly runner: string | null; readonly epoch: number }>()
  private readonly listeners = new Map<string, (change: OwnershipChange) => void>()
  readonly urls = new Map<string, string>()
  highWater: HighWater | null = null

  give(host: string, runner: string | null): void {
    const before = this.ownerOf(host)
    this.owners.set(host, { runner, epoch: before.epoch + 1 })
    const shards = new Set([`Host/${host}`])
    if (before.runner !== null) this.listeners.get(before.runner)?.({ _tag: "Lost", shards })
    if (runner !== null) this.listeners.get(runner)?.({ _tag: "Acquired", shards })
  }

  ownerOf(host: string) {
    return this.owners.get(host) ?? { runner: "first", epoch: 1 }
  }

  of(name: string, session: number): Ownership["Service"] {
    const owner = (shard: string) => this.ownerOf(shard.slice("Host/".length))
    return {
      shardOf: (type, id) => `${type}/${id}`,
      epochOf: (shard) => owner(shard).runner === name ? owner(shard).epoch : -1,
      session: () => ({ shard: `runner/${name}`, epoch: session }),
      watch: (listener) => Effect.sync(() => void this.listeners.set(name, listener)),
      locate: (type, id) =>
        Effect.sync(() => {
          const { runner } = owner(`${type}/${id}`)
          return runner === null ? null : { isHere: runner === name, controlUrl: this.urls.get(runner) ?? null }
        }),
      highWater: Effect.sync(() => this.highWater),
      controlUrls: Effect.sync(() => [...this.urls.values()])
    }
  }
}

export interface World {
  readonly territory: Territory
  readonly journal: Journal["Service"]
  /** Files of images, by id. */
  readonly imageFiles: Map<string, string>
}

export const makeWorld: Effect.Effect<World, never, Scope.Scope> = Effect.map(
  Layer.build(Layer.fresh(MemoryJournal.layer)),
  (context) => ({ territory: new Territory(), journal: Context.get(context, Journal), imageFiles: new Map() })
)

const imagesOf = ({ imageFiles }: World) => {
  const never = () => Effect.fail(refuse("notFound", "not here"))
  return Layer.succeed(Images, {
    get: never, list: () => Effect.succeed([]), remove: never, setProperties: never,
    file: (id) => {
      const path = imageFiles.get(id)
      return path === undefined ? Effect.fail(refuse("notFound", `Image ${id} could not be found.`)) : Effect.succeed(path)
    }
  })
}

export interface Runner {
  readonly url: string
  readonly fleet: Fleet["Service"]
  readonly records: Records["Service"]
  readonly credentials: AgentCredentials["Service"]
}

/** A runner of the world's cloud, by name; it is gone with the scope. */
export const startRunner = (world: World, name = "first", port = 0): Effect.Effect<Runner, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const session = yield* world.journal.acquire(`runner/${name}`)
    const layer = Layer.mergeAll(AgentFleet.layer, AgentCredentialsService.layer, imagesOf(world)).pipe(
      Layer.provideMerge(Layer.fresh(RecordsIndex.layer)),
      Layer.provide(Layer.succeed(Journal, world.journal)),
      Layer.provide(Layer.succeed(Ownership, world.territory.of(name, session)))
    )
    const context = yield* Layer.build(layer)
    const agents = yield* Effect.provideContext(mount.make, context)
    const served = yield* serve({ host: "127.0.0.1", port, faces: [], isReady: Effect.succeed(true), status: Effect.succeed({}), mounts: { "/agent": agents } })
    const url = `http://127.0.0.1:${served.port}`
    world.territory.urls.set(name, url)
    return {
      url,
      fleet: Context.get(context, Fleet),
      records: Context.get(context, Records),
      credentials: Context.get(context, AgentCredentials)
    }
  })

export const tempFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "kilonova-agent-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

export interface Hypervisors {
  readonly fleet: Fleet["Service"]
  readonly faults: Faults["Service"]
}

/** Simulated hosts as an agent's process has them. */
export const hypervisors = (names: ReadonlyArray<string>): Effect.Effect<Hypervisors, never, Scope.Scope> =>
  Effect.map(Layer.build(Layer.fresh(SimulatedFleet.layer({ names }))), (context) => ({
    fleet: Context.get(context, Fleet), faults: Context.get(context, Faults)
  }))

export interface StartedAgent {
  /** What it said: `sim-1 http://127.0.0.1:1234 7` for each time a runner adopted a host. */
  readonly adoptions: Array<string>
  readonly stop: Effect.Effect<void>
}

/** An agent process of these hypervisors. */
export const startAgent = (
  fleet: Fleet["Service"], options: Partial<Agent.AgentOptions> & Pick<Agent.AgentOptions, "control" | "tokens" | "folder">
): Effect.Effect<StartedAgent, never, Scope.Scope> =>
  Effect.gen(function*() {
    const adoptions: Array<string> = []
    const fiber = yield* Effect.forkScoped(
      Agent.run({
        acceptLoss: false, authority: null, images: null, version: "test",
        onAdopted: (hostname, url, epoch) => Effect.sync(() => void adoptions.push(`${hostname} ${url} ${epoch}`)),
        ...options
      }).pipe(Effect.provideService(Fleet, fleet)),
      { startImmediately: true }
    )
    return { adoptions, stop: Fiber.interrupt(fiber) }
  })

/** One turn of the event loop: sockets move, clocks do not. */
const turn = Effect.promise(() => new Promise<void>((go) => setImmediate(go)))

/** Waits for the sockets until it is so. */
export const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => isSo() ? Effect.void : Effect.andThen(turn, until(isSo)))

/** Lets virtual time pass, slowly enough that sockets keep up with it, until it is so; answers the milliseconds. */
export const passUntil = (isSo: () => boolean, millisMax: number): Effect.Effect<number> =>
  Effect.gen(function*() {
    const step = 100
    let millis = 0
    for (; millis < millisMax && !isSo(); millis += step) {
      yield* TestClock.adjust(step)
      for (let turns = 0; turns < 25 && !isSo(); turns++) yield* turn
    }
    return millis
  })

export const pass = (millis: number): Effect.Effect<number> => passUntil(() => false, millis)

export const quiet = Logger.layer([])
