/** `kilonova start`: opens the data folder, builds the cloud, says how to reach it, and serves until it is told to stop. */
import { randomBytes } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { flushCompileCache } from "node:module"
import { Console, Context, Effect, Layer, Result } from "effect"
import { parseCpuSets } from "../../actors/host/cpuSets.ts"
import type { DriverError, Fleet } from "../../drivers/Driver.ts"
import { parseUri } from "../../drivers/libvirt/node-libvirt/index.ts"
import { usualCopyPerGib } from "../../drivers/simulated/SimulatedFleet.ts"
import { parseTopologies } from "../../drivers/simulated/topologies.ts"
import type { InstanceIndex } from "../kernel/InstanceIndex.ts"
import { Kilonova } from "../Kilonova.ts"
import { cloudsYaml, exportLines, urlOf } from "./cloudsYaml.ts"
import { openDataFolder, readKept, writeSecret } from "./dataFolder.ts"
import type { DataFolder } from "./dataFolder.ts"
import { markSeeded, seed } from "./demo.ts"
import { explain } from "./explain.ts"
import { deviceSpecsOf, libvirt, simulated, wordsOf } from "./fleet.ts"
import type { Settings } from "./options.ts"
import { schedulerSettingsOf } from "./schedulerOptions.ts"
import { wrongUsage } from "./StartError.ts"
import type { StartError } from "./StartError.ts"
import { telemetry } from "./telemetry.ts"
import { version } from "./version.ts"

const passwordBytes = 18

const topologiesOf = (file: string) =>
  Effect.try({
    try: () => readFileSync(file, "utf8"),
    catch: (cause) => wrongUsage([`${file} (--topologies) cannot be read: ${(cause as Error).message}`])
  }).pipe(Effect.flatMap((text) => {
    const parsed = parseTopologies(text)
    return Result.isSuccess(parsed)
      ? Effect.succeed(parsed.success)
      : Effect.fail(wrongUsage(parsed.failure.map((problem) => `${file} (--topologies): ${problem}`)))
  }))

const hostsDefault = 8

/** Clients on this machine reach the machine itself here. */
const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::"

const fleetOf = (settings: Settings, folder: DataFolder): Effect.Effect<Layer.Layer<Fleet, DriverError, InstanceIndex>, StartError> => {
  const { host, hosts, libvirtUri, topologies, virtType } = settings
  const parsed = parseCpuSets(settings)
  if (Result.isFailure(parsed)) return Effect.fail(wrongUsage(parsed.failure))
  const cpuSets = parsed.success
  const deviceSpecs = deviceSpecsOf(settings.pciDeviceSpec)
  if (settings.driver === "libvirt") {
    const target = parseUri(libvirtUri)
    if (Result.isFailure(target)) return Effect.fail(wrongUsage([`--libvirt-uri: ${target.failure.message}`]))
    const hostIp = isWildcard(host) ? "127.0.0.1" : host
    return Effect.succeed(libvirt({ uri: libvirtUri, peerUri: settings.libvirtPeerUri, folder: folder.guests, hostIp, virtType, cpuSets, deviceSpecs, mdevTypes: wordsOf(settings.enabledMdevTypes) }))
  }
  return topologies === null
    ? Effect.succeed(simulated({ hosts: hosts ?? hostsDefault, copyPerGib: usualCopyPerGib, cpuSets, deviceSpecs }))
    : Effect.map(topologiesOf(topologies), (shapes) =>
      simulated({ topologies: shapes, copyPerGib: usualCopyPerGib, cpuSets, deviceSpecs, ...(hosts === null ? {} : { hosts }) }))
}

/** What to set the admin's password to; nothing when it stays, since setting it ends every token. */
const passwordToSet = (given: string | null, kept: string | null): string | undefined =>
  given !== null && given !== kept ? given : kept === null ? randomBytes(passwordBytes).toString("base64url") : undefined

const build = (settings: Settings, folder: DataFolder) =>
  Effect.gen(function*() {
    const kept = yield* readKept(folder.adminPassword)
    const isFirst = (yield* readKept(folder.seeded)) === null
    const toSet = passwordToSet(settings.adminPassword, kept)
    const layer = Kilonova.layer({
      storage: { sqlite: folder.journal },
      imagesFolder: folder.images,
      withFlavors: settings.demo && isFirst,
      ...(settings.demo && isFirst ? { prepare: seed } : {}),
      fleet: yield* fleetOf(settings, folder),
      scheduler: schedulerSettingsOf(settings),
      listen: { host: settings.host, port: settings.port },
      ...(settings.publicUrl === null ? {} : { publicUrl: settings.publicUrl }),
      ...(toSet === undefined ? {} : { adminPassword: toSet })
    })
    const context = yield* Layer.build(layer).pipe(Effect.catch((error) => explain(error, settings, folder)))
    const cloud = Context.get(context, Kilonova)
    yield* Effect.sync(() => writeFileSync(folder.processId, `${process.pid}\n`))
    const password = cloud.admin.password ?? kept ?? ""
    if (password !== kept) yield* writeSecret(folder.adminPassword, `${password}\n`)
    const url = urlOf(settings.host, cloud.port ?? settings.port)
    yield* writeSecret(folder.cloudsYaml, cloudsYaml({ url, username: "admin", password }))
    if (isFirst) yield* markSeeded(folder, settings.demo)
    return url
  })

const hostsOf = (settings: Settings): string =>
  settings.driver === "libvirt"
    ? `libvirt at ${settings.libvirtUri}`
    : `${settings.hosts ?? (settings.topologies === null ? hostsDefault : "all")} simulated hosts`

/** Never returns but by failing or by being interrupted. */
export const start = (settings: Settings): Effect.Effect<never, StartError> =>
  Effect.scoped(Effect.gen(function*() {
    const folder = yield* openDataFolder(settings.dataDir, { isPassable: settings.driver === "libvirt" })
    const url = yield* build(settings, folder)
    yield* Console.log(
      [
        `Kilonova ${version} ready at ${url} (${hostsOf(settings)}) in ${(performance.now() / 1000).toFixed(2)} s. Point the openstack client at it:`,
        ...exportLines(folder.cloudsYaml).map((line) => `  ${line}`)
      ].join("\n")
    )
    // The next start reads compiled code even if this process is killed.
    flushCompileCache()
    return yield* Effect.never
  })).pipe(Effect.provide(telemetry(settings)))
