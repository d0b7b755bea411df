/** `kilonova runner`: one of several processes of a cloud. Any of them answers any request; each owns a part of the actors. */
import { flushCompileCache } from "node:module"
import { Console, Context, Effect, Layer } from "effect"
import * as AgentFleet from "../../drivers/agent/AgentFleet.ts"
import * as AgentMount from "../../drivers/agent/mount.ts"
import * as Doom from "../cluster/Doom.ts"
import { Membership } from "../cluster/Membership.ts"
import { Ownership } from "../kernel/Ownership.ts"
import { Store } from "../kernel/Store.ts"
import { Kilonova } from "../Kilonova.ts"
import { format } from "../kernel/upcast.ts"
import { cloudsYaml, exportLines, urlOf } from "./cloudsYaml.ts"
import { openDataFolder, readKept, writeSecret } from "./dataFolder.ts"
import type { DataFolder } from "./dataFolder.ts"
import { seed } from "./demo.ts"
import { explain } from "./explain.ts"
import * as highWater from "./highWater.ts"
import type { RunnerSettings } from "./options.ts"
import { redisStore } from "./redis.ts"
import { checkFormats, noteFormat } from "./releases.ts"
import { schedulerSettingsOf } from "./schedulerOptions.ts"
import { runnerTls } from "./runnerTls.ts"
import { seedFlavors } from "./seed.ts"
import { seedOnce } from "./seedOnce.ts"
import * as sharedStorage from "./sharedStorage.ts"
import { cannotStart } from "./StartError.ts"
import type { StartError } from "./StartError.ts"
import { telemetry } from "./telemetry.ts"
import { version } from "./version.ts"

interface Parts {
  readonly store: Store["Service"]
  readonly doom: Doom.Doom["Service"]
  readonly tls: sharedStorage.SharedStorage["tls"]
}

const layerOf = (settings: RunnerSettings, folder: DataFolder, { doom, store, tls }: Parts) => {
  const members = Membership.make(`${settings.runnerHost}:${settings.runnerPort}`)
  const apiUrl = settings.publicUrl ?? urlOf(settings.host, settings.port)
  return Kilonova.layer({
    storage: {
      shared: sharedStorage.layer({
        store: Layer.succeed(Store, store),
        doom,
        members,
        address: { host: settings.runnerHost, port: settings.runnerPort },
        listen: { host: settings.runnerListen ?? settings.runnerHost, port: settings.runnerPort },
        tls,
        about: { release: version, format, apiUrl, controlUrl: settings.controlUrl ?? urlOf(settings.host, settings.port) }
      })
    },
    imagesFolder: settings.imagesDir ?? folder.images,
    withFlavors: false,
    prepare: (admin) => Effect.andThen(noteFormat, settings.demo ? seedOnce(Effect.andThen(seedFlavors, seed(admin))) : Effect.void),
    fleet: { agents: AgentFleet.layer, mount: AgentMount.make },
    scheduler: schedulerSettingsOf(settings),
    listen: { host: settings.host, port: settings.port },
    drainMillis: settings.drainMillis,
    member: { isDrained: () => members.isDrained, shards: () => [...members.shards].length, release: version },
    ...(settings.publicUrl === null ? {} : { publicUrl: settings.publicUrl }),
    ...(settings.adminPassword === null ? {} : { adminPassword: settings.adminPassword })
  })
}

const build = (settings: RunnerSettings, folder: DataFolder, doom: Doom.Doom["Service"]) =>
  Effect.gen(function*() {
    const tls = yield* runnerTls(settings)
    const store = Context.get(yield* Layer.build(redisStore(settings, settings)), Store)
    const head = yield* store.head.pipe(Effect.mapError(({ cause }) => cannotStart(`Redis does not answer: ${String(cause)}`)))
    yield* highWater.check(folder, head, settings.acceptLoss)
    yield* checkFormats(store)
    const kept = yield* readKept(folder.adminPassword)
    const context = yield* Layer.build(layerOf(settings, folder, { store, doom, tls })).pipe(
      Effect.catch((error) => explain(error, settings, folder))
    )
    const cloud = Context.get(context, Kilonova)
    yield* Effect.forkScoped(highWater.keep(folder, Context.get(context, Ownership).highWater))
    const password = cloud.admin.password ?? settings.adminPassword ?? kept
    const url = settings.publicUrl ?? urlOf(settings.host, cloud.port ?? settings.port)
    if (password !== null) {
      yield* writeSecret(folder.adminPassword, `${password}\n`)
      yield* writeSecret(folder.cloudsYaml, cloudsYaml({ url, username: "admin", password }))
    }
    return { url, hasPassword: password !== null }
  })

/** Ends by failing, or by being interrupted. */
export const runner = (settings: RunnerSettings): Effect.Effect<never, StartError> =>
  Effect.scoped(Effect.gen(function*() {
    const folder = yield* openDataFolder(settings.dataDir)
    const doom = yield* Doom.make
    const { hasPassword, url } = yield* build(settings, folder, doom)
    yield* Console.log([
      `Kilonova ${version} runner ${settings.runnerHost}:${settings.runnerPort} ready at ${url} in ${(performance.now() / 1000).toFixed(2)} s.`,
      ...(hasPassword ? ["Point the openstack client at it:", ...exportLines(folder.cloudsYaml).map((line) => `  ${line}`)] : [])
    ].join("\n"))
    flushCompileCache()
    return yield* Effect.mapError(doom.await, ({ message }) => cannotStart(message))
  })).pipe(Effect.provide(telemetry(settings)))
