/** `kilonova agent`: runs on a hypervisor, dials the control plane, and drives this machine's guests for it. */
import { readFileSync, statSync } from "node:fs"
import { networkInterfaces } from "node:os"
import { join, resolve } from "node:path"
import { Console, Context, Effect, Layer, Result } from "effect"
import { type CpuSetTexts, parseCpuSets } from "../../actors/host/cpuSets.ts"
import * as Agent from "../../drivers/agent/Agent.ts"
import { makeImageCache } from "../../drivers/agent/imageCache.ts"
import { keepingGuests, survivorsIn } from "../../drivers/agent/keptGuests.ts"
import { parseTokens } from "../../drivers/agent/tokens.ts"
import { type DriverError, Fleet } from "../../drivers/Driver.ts"
import * as LibvirtDriver from "../../drivers/libvirt/LibvirtDriver.ts"
import { parseUri } from "../../drivers/libvirt/node-libvirt/index.ts"
import * as SimulatedFleet from "../../drivers/simulated/SimulatedFleet.ts"
import { parseTopologies } from "../../drivers/simulated/topologies.ts"
import { deviceSpecsOf, wordsOf } from "./fleet.ts"
import { cannotStart, type StartError, wrongUsage } from "./StartError.ts"
import { version } from "./version.ts"

/** What the agent needs of the command line's settings. */
export interface AgentSettings extends CpuSetTexts {
  /** URLs of runners, separated by commas. */
  readonly control: string | null
  readonly tokenFile: string | null
  /** PEM certificates that sign the runners' own; `null`: those this machine trusts. */
  readonly ca: string | null
  readonly acceptLoss: boolean
  readonly dataDir: string
  readonly driver: "simulated" | "libvirt"
  readonly hosts: number | null
  readonly topologies: string | null
  readonly libvirtUri: string
  readonly libvirtPeerUri: string | null
  readonly virtType: "auto" | "kvm" | "qemu"
  readonly pciDeviceSpec: string | null
  readonly enabledMdevTypes: string | null
}

const readText = (path: string, option: string): Effect.Effect<string, StartError> =>
  Effect.try({
    try: () => readFileSync(path, "utf8"),
    catch: (cause) => wrongUsage([`${path} (${option}) cannot be read: ${(cause as Error).message}`])
  })

const urlsOf = (control: string | null): Effect.Effect<ReadonlyArray<string>, StartError> => {
  const urls = (control ?? "").split(",").map((url) => url.trim().replace(/\/+$/, "")).filter((url) => url !== "")
  const wrong = urls.filter((url) => !URL.canParse(url) || !/^(https?|wss?):$/.test(new URL(url).protocol))
  if (urls.length === 0) return Effect.fail(wrongUsage(["--control must name at least one runner, http://HOST:PORT"]))
  return wrong.length === 0
    ? Effect.succeed(urls)
    : Effect.fail(wrongUsage(wrong.map((url) => `--control must be http://, https://, ws:// or wss:// URLs separated by commas, not ${url}`)))
}

/** A file of tokens, or a folder with a file for each host. */
const tokensOf = (file: string | null, hostnames: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    if (file === null) return yield* wrongUsage([`--token-file must name a file with the token that "kilonova cluster token HOST" printed`])
    const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory() === true
    const text = isFolder
      ? (yield* Effect.forEach(hostnames, (hostname) =>
        Effect.map(readText(join(file, hostname), "--token-file"), (token) => `${hostname} ${token.trim()}`))).join("\n")
      : yield* readText(file, "--token-file")
    const parsed = parseTokens(text, hostnames)
    return Result.isSuccess(parsed)
      ? parsed.success
      : yield* wrongUsage(parsed.failure.map((problem) => `${file} (--token-file): ${problem}`))
  })

const hostsDefault = 1

const simulated = (settings: AgentSettings): Effect.Effect<Layer.Layer<Fleet>, StartError> =>
  Effect.gen(function*() {
    const { dataDir, hosts, topologies } = settings
    const folder = resolve(dataDir)
    const cpuSets = yield* Effect.mapError(Effect.fromResult(parseCpuSets(settings)), wrongUsage)
    const deviceSpecs = deviceSpecsOf(settings.pciDeviceSpec)
    const parsed = topologies === null ? Result.succeed(undefined) : parseTopologies(yield* readText(topologies, "--topologies"))
    if (Result.isFailure(parsed)) return yield* wrongUsage(parsed.failure.map((problem) => `${topologies} (--topologies): ${problem}`))
    const shapes = parsed.success
    const options = {
      survivors: survivorsIn(folder),
      copyPerGib: SimulatedFleet.usualCopyPerGib,
      cpuSets,
      deviceSpecs,
      ...(shapes === undefined ? {} : { topologies: shapes }),
      ...(shapes !== undefined && hosts === null ? {} : { hosts: hosts ?? hostsDefault })
    }
    return Layer.effect(Fleet, Effect.map(Fleet, (fleet) => keepingGuests(fleet, folder))).pipe(
      Layer.provide(SimulatedFleet.layer(options))
    )
  })

/** The first address by which others reach this machine. */
const ownAddress = (): string =>
  Object.values(networkInterfaces()).flat().find((one) => one !== undefined && !one.internal && one.family === "IPv4")?.address ?? "127.0.0.1"

/** Whatever transport libvirts speak with each other. */
const peerUri = /^[a-z]+\+[a-z]+:\/\/[^/?#]+\//

const libvirt = (settings: AgentSettings): Effect.Effect<Layer.Layer<Fleet, DriverError>, StartError> =>
  Effect.gen(function*() {
    const { dataDir, libvirtUri, virtType } = settings
    const target = parseUri(libvirtUri)
    if (Result.isFailure(target)) return yield* wrongUsage([`--libvirt-uri: ${target.failure.message}`])
    if (settings.libvirtPeerUri !== null && !peerUri.test(settings.libvirtPeerUri)) {
      return yield* wrongUsage([`--libvirt-peer-uri: "${settings.libvirtPeerUri}" is no URI with a transport and a host, as qemu+tcp://HOST/system.`])
    }
    const cpuSets = yield* Effect.mapError(Effect.fromResult(parseCpuSets(settings)), wrongUsage)
    return LibvirtDriver.layer({ uri: libvirtUri, peerUri: settings.libvirtPeerUri, virtType, folder: join(resolve(dataDir), "guests"), hostIp: ownAddress(), cpuSets, deviceSpecs: deviceSpecsOf(settings.pciDeviceSpec), mdevTypes: wordsOf(settings.enabledMdevTypes) })
  })

const unhealable = (error: DriverError): StartError => cannotStart(error.message)

/**
 * Serves this machine's hosts until it is told to stop. Ends by itself only for what waiting does not heal: wrong usage, a
 * damaged file. A refused credential, an unknown control plane or one that was rolled back is said and tried again, at
 * first every second and then every minute: all of them are put right on the other side.
 */
export const agent = (settings: AgentSettings): Effect.Effect<never, StartError> =>
  Effect.scoped(Effect.gen(function*() {
    const control = yield* urlsOf(settings.control)
    const authority = settings.ca === null ? null : yield* readText(settings.ca, "--ca")
    const isSimulated = settings.driver === "simulated"
    const layer = isSimulated ? yield* simulated(settings) : yield* libvirt(settings)
    const context = yield* Effect.mapError(Layer.build(layer), unhealable)
    const tokens = yield* tokensOf(settings.tokenFile, Context.get(context, Fleet).hosts)
    const folder = resolve(settings.dataDir)
    const images = isSimulated ? null : yield* Effect.mapError(makeImageCache(join(folder, "images")), unhealable)
    return yield* Agent.run({
      control, authority, tokens, folder, images, version,
      acceptLoss: settings.acceptLoss,
      onAdopted: (hostname, controlUrl, epoch) => Console.log(`Host ${hostname} is driven by ${controlUrl} (epoch ${epoch})`)
    }).pipe(Effect.provideContext(context), Effect.mapError(unhealable))
  }))
