/** `kilonova runner`: one of several processes of a cloud. Any of them answers any request; each owns a part of the actors. */
import { flushCompileCache } from "node:module"
import { Console, Context, Effect, Layer } from "effect"
import * as AgentFleet from "../../drivers/agent/AgentFleet.ts"
import * as AgentMount from "../../drivers/agent/mount.ts"
import { readAbout } from "../cluster/about.ts"
import * as Doom from "../cluster/Doom.ts"
import { Ownership } from "../kernel/Ownership.ts"
import { Store } from "../kernel/Store.ts"
import { Kilonova } from "../Kilonova.ts"
import { Limits } from "../Limits.ts"
import { cloudsYaml, exportLines, urlOf } from "./cloudsYaml.ts"
import { openDataFolder, readKept, writeSecret } from "./dataFolder.ts"
import type { DataFolder } from "./dataFolder.ts"
import { seed } from "./demo.ts"
import { explain } from "./explain.ts"
import * as highWater from "./highWater.ts"
import type { RunnerSettings } from "./options.ts"
import { redisStore } from "./redis.ts"
import { seedFlavors } from "./seed.ts"
import { seedOnce } from "./seedOnce.ts"
import * as sharedStorage from "./sharedStorage.ts"
import { cannotStart } from "./StartError.ts"
import type { StartError } from "./StartError.ts"
import { telemetry } from "./telemetry.ts"
import { version } from "./version.ts"

/** What this release writes into the journal. It reads what the release before it wrote, and that one reads this. */
const format = 1

/** Members that could not read each other's changes do not serve one cloud. */
const checkMembers = (store: Store["Service"]): Effect.Effect<void, StartError> =>
  Effect.gen(function*() {
    const members = yield* store.runners.pipe(Effect.mapError(({ cause }) => cannotStart(`Redis does not answer: ${String(cause)}`)))
    for (const { about, address } of members) {
      const other = readAbout(about)
      if (Math.abs(other.format - format) > Limits.formatSkewMax) {
        yield* cannotStart(
          `The runner at ${address} (release ${other.release}) writes format ${other.format}, this one (release ${version}) ` +
            `writes ${format}: upgrade by one release at a time, so that formats differ by ${Limits.formatSkewMax} at most`
        )
      }
    }
  })

const layerOf = (settings: RunnerSettings, folder: DataFolder, store: Store["Service"], doom: Doom.Doom["Service"], password: string | null) => {
  const apiUrl = settings.publicUrl ?? urlOf(settings.host, settings.port)
  return Kilonova.layer({
    storage: {
      shared: sharedStorage.layer({
        store: Layer.succeed(Store, store),
        doom,
        address: { host: settings.runnerHost, port: settings.runnerPort },
        listen: { host: settings.runnerListen ?? settings.runnerHost, port: settings.runnerPort },
        about: { release: version, format, apiUrl, controlUrl: settings.controlUrl ?? urlOf(settings.host, settings.port) }
      })
    },
    imagesFolder: settings.imagesDir ?? folder.images,
    withFlavors: false,
    prepare: (admin) => settings.demo ? seedOnce(Effect.andThen(seedFlavors, seed(admin))) : Effect.void,
    fleet: { agents: AgentFleet.layer, mount: AgentMount.make },
    listen: { host: settings.host, port: settings.port },
    drainMillis: settings.drainMillis,
    ...(settings.publicUrl === null ? {} : { publicUrl: settings.publicUrl }),
    ...(password === null ? {} : { adminPassword: password })
  })
}

const build = (settings: RunnerSettings, folder: DataFolder, doom: Doom.Doom["Service"]) =>
  Effect.gen(function*() {
    const store = Context.get(yield* Layer.build(redisStore(settings, settings)), Store)
    const head = yield* store.head.pipe(Effect.mapError(({ cause }) => cannotStart(`Redis does not answer: ${String(cause)}`)))
    yield* highWater.check(folder, head, settings.acceptLoss)
    yield* checkMembers(store)
    const kept = yield* readKept(folder.adminPassword)
    const context = yield* Layer.build(layerOf(settings, folder, store, doom, settings.adminPassword)).pipe(
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
