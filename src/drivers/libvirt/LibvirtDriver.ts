/** The hypervisor port over libvirt: one host, its guests under QEMU, with KVM where that is proven to work. */
import { statfs } from "node:fs/promises"
import { Deferred, Duration, Effect, Layer, Result, Schedule, type Scope, Stream } from "effect"
import { cpuSetsWithin } from "../../actors/host/cpuSets.ts"
import { assignable, type DeviceSpec } from "../../actors/placement/devices/deviceSpecs.ts"
import { type DomainEvent, type DomainStatus, type Driver, DriverError, Fleet, type Inventory } from "../Driver.ts"
import { readConsole } from "./consoleLog.ts"
import { descriptions } from "./descriptions.ts"
import type { NicBackend, VirtType } from "./domainXml.ts"
import { driverLimits } from "./driverLimits.ts"
import { makeEpochs } from "./epochs.ts"
import { asDriverError } from "./failure.ts"
import * as guests from "./guests.ts"
import * as migrations from "./migrations.ts"
import { keptHostname } from "./hostname.ts"
import { type Disks, makeDisks } from "./images.ts"
import { inventoryOf } from "./inventory.ts"
import {
  byField, type Client, domainStates, type LibvirtFailure, type LibvirtShape, listFlag, makeLibvirt, nodeDeviceFlag, statsType
} from "./node-libvirt/index.ts"
import { devicesIn } from "./nodeDevices.ts"
import { powerAfter, powerOf } from "./power.ts"
import { provenVirtType } from "./probe.ts"
import { vgpusOf } from "./vgpus.ts"

type CpuSets = Parameters<typeof cpuSetsWithin>[0]

export interface LibvirtDriverOptions {
  /** libvirt's URI; see `node-libvirt`. */
  readonly uri: string
  /** Where guests' disks and consoles are kept. */
  readonly folder: string
  readonly hostIp: string
  /** `auto` boots a probe guest under KVM and falls back to translation. */
  readonly virtType?: VirtType | "auto"
  readonly nics?: NicBackend
  /** Address of guests' VNC displays; `null` for none. */
  readonly vncListen?: string | null
  /** What a soft reboot waits for the guest before it pulls the plug. */
  readonly softRebootGrace?: Duration.Input
  /** CPUs set apart for guests that share them, and for pinned ones; `null`: none. */
  readonly cpuSets?: CpuSets
  /** Which PCI devices guests may have; without it: none. */
  readonly deviceSpecs?: ReadonlyArray<DeviceSpec>
  /** The types of mediated devices that guests' virtual graphics cards may be; without it: none. */
  readonly mdevTypes?: ReadonlyArray<string>
  /** By which other hosts' libvirt reach this one, as `qemu+tcp://host/system`; without it no guest moves here or from here as it runs. */
  readonly peerUri?: string | null
  /** Instead of this machine's name. */
  readonly hostname?: string
}

export interface LibvirtHost {
  readonly hostname: string
  readonly driver: Driver
  /** libvirt answers, and how guests run under it is known. */
  readonly isUp: () => boolean
}

/** Where guests' memory is sent to, too. */
const addressIn = (uri: string): string => new URL(uri.replace(/^[^:]*/, "http")).host.replace(/:\d+$/, "")

const arches: { readonly [node: string]: string } = { x64: "x86_64", arm64: "aarch64" }

/** Proves the virtualisation type as soon as libvirt answers, and again if the connection breaks meanwhile. */
const settleVirtType = (libvirt: LibvirtShape, options: LibvirtDriverOptions) =>
  Effect.gen(function*() {
    const settled = yield* Deferred.make<VirtType>()
    const wanted = options.virtType ?? "auto"
    if (wanted !== "auto") yield* Deferred.succeed(settled, wanted)
    else {
      yield* libvirt.awaitConnected.pipe(
        Effect.andThen(provenVirtType(libvirt.client, options.folder)),
        Effect.tapError((error) => Effect.logWarning("The probe guest could not be tried", error)),
        Effect.retry(Schedule.spaced("1 second")),
        Effect.flatMap((virtType) => Deferred.succeed(settled, virtType)),
        Effect.forkScoped
      )
    }
    return Deferred.await(settled)
  })

/** Says once that libvirt does not answer, and why, and once that it does. */
const announce = (libvirt: LibvirtShape, uri: string) =>
  libvirt.connections.pipe(
    Stream.map(Result.match({ onSuccess: () => "", onFailure: ({ message }) => message })),
    Stream.changes,
    Stream.runForEach((failure) =>
      failure === ""
        ? Effect.logInfo(`libvirt at ${uri} answers`)
        : Effect.logWarning(`libvirt at ${uri} does not answer: ${failure}. No server can be built or changed until it does`)),
    Effect.forkScoped
  )

const assignableKinds = nodeDeviceFlag.pci | nodeDeviceFlag.net | nodeDeviceFlag.vdpa

const inventory = (client: Client, options: LibvirtDriverOptions, hostname: string, virtType: Effect.Effect<VirtType>) =>
  Effect.gen(function*() {
    const node = yield* client.nodeGetInfo()
    const disk = yield* Effect.tryPromise({
      try: () => statfs(options.folder),
      catch: (cause) =>
        new DriverError({ operation: "inventory", message: "the disk cannot be measured", isRetryable: true, cause })
    })
    const measured: Inventory = inventoryOf(yield* client.connectGetCapabilities(), {
      type: yield* client.connectGetType(),
      version: yield* client.connectGetVersion(),
      hostname,
      hostIp: options.hostIp,
      memoryKib: node.memoryKib,
      cpus: node.cpus,
      diskBytes: disk.bsize * disk.blocks,
      hasKvm: (yield* virtType) === "kvm"
    })
    const specs = options.deviceSpecs ?? []
    const devices = specs.length === 0 ? [] : assignable(devicesIn(yield* descriptions(client, assignableKinds)), specs)
    const vgpus = yield* vgpusOf({ client, mdevTypes: options.mdevTypes ?? [] })
    return {
      ...measured,
      ...cpuSetsWithin(options.cpuSets ?? null, measured.numa),
      ...(devices.length === 0 ? {} : { devices }),
      ...(vgpus === 0 ? {} : { resources: { ...measured.resources, VGPU: vgpus } })
    }
  }).pipe(asDriverError("inventory"))

const cannotMove = (operation: string) =>
  Effect.fail(new DriverError({ operation, message: "this host has no URI by which other hosts' libvirt reach its own", isRetryable: false }))

/** Every guest that has files here; foreign domains of the same libvirt are none of ours. */
const list = ({ client, disks }: guests.GuestHost) =>
  Effect.gen(function*() {
    const [ids, records, saved] = yield* Effect.all([
      disks.ids,
      client.connectGetAllDomainStats({ domains: [], stats: statsType.state }),
      client.connectListAllDomains({ flags: listFlag.managedSave })
    ], { concurrency: 3 })
    const savedIds = new Set(saved.map(({ uuid }) => uuid))
    return records.filter(({ domain }) => ids.has(domain.uuid)).map(({ domain, params }): DomainStatus => ({
      id: domain.uuid,
      power: powerOf(domainStates[Number(byField(params)["state.state"] ?? 0)] ?? "nostate", savedIds.has(domain.uuid))
    }))
  }).pipe(asDriverError("list"))

/** What guests do, and after every gap in hearing what they are. */
const events = (libvirt: LibvirtShape, host: guests.GuestHost): Stream.Stream<DomainEvent> =>
  libvirt.events("Lifecycle").pipe(
    Stream.mapEffect((event): Effect.Effect<ReadonlyArray<DomainEvent>> => {
      if (event._tag === "Disconnected") return Effect.succeed([])
      if (event._tag === "Connected") {
        return list(host).pipe(
          Effect.map((all) => all.map((status) => ({ ...status, reason: "found" }))),
          Effect.catch((error) => Effect.as(Effect.logWarning("Guests could not be listed", error), []))
        )
      }
      const seen = powerAfter(event)
      return Effect.succeed(seen === undefined ? [] : [{ id: event.domain.uuid, ...seen }])
    }),
    Stream.flattenIterable
  )

const consoleOf = (disks: Disks, id: string) =>
  Effect.flatMap(disks.hasDisk(id), (isOurs) =>
    isOurs
      ? readConsole(disks.consoleLog(id))
      : Effect.fail(new DriverError({ operation: "consoleLog", message: `server ${id} is not on this host`, isRetryable: false })))

/** Drives one host, as soon as libvirt answers. */
export const makeLibvirtHost = (
  options: LibvirtDriverOptions
): Effect.Effect<LibvirtHost, DriverError, Scope.Scope> =>
  Effect.gen(function*() {
    const disks = yield* makeDisks(options.folder)
    const { guard } = yield* makeEpochs(options.folder)
    const libvirt = yield* makeLibvirt({ uri: options.uri })
    const { client } = libvirt
    const virtType = yield* settleVirtType(libvirt, options)
    const host: guests.GuestHost = {
      client, disks, virtType,
      mdevTypes: options.mdevTypes ?? [],
      softRebootGrace: Duration.fromInputUnsafe(options.softRebootGrace ?? driverLimits.softRebootMillisMax),
      settings: {
        arch: arches[process.arch] ?? "x86_64",
        nics: options.nics ?? "user",
        vncListen: options.vncListen === undefined ? "127.0.0.1" : options.vncListen
      }
    }
    const hostname = options.hostname ?? (yield* keptHostname(options.folder))
    yield* announce(libvirt, options.uri)
    let isMeasured = false

    const guarded = <A>(operation: string, call: { readonly epoch: number }, work: Effect.Effect<A, LibvirtFailure | DriverError>) =>
      Effect.andThen(guard(operation, call), work).pipe(asDriverError(operation))
    const peer = options.peerUri == null ? null : { uri: options.peerUri, address: addressIn(options.peerUri) }

    const driver: Driver = {
      capabilities: { pause: true, suspend: true, consoleLog: true, liveMigration: peer !== null },
      inventory: Effect.tap(inventory(client, options, hostname, virtType), () => Effect.sync(() => isMeasured = true)),
      spawn: (spec, call) => guarded("spawn", call, guests.spawn(host, spec)),
      powerOn: (spec, call) => guarded("powerOn", call, guests.powerOn(host, spec)),
      powerOff: (id, grace, call) => guarded("powerOff", call, guests.powerOff(host, id, grace)),
      reboot: (spec, kind, call) => guarded("reboot", call, guests.reboot(host, spec, kind)),
      pause: (id, call) => guarded("pause", call, guests.setPaused(host, id, true)),
      unpause: (id, call) => guarded("unpause", call, guests.setPaused(host, id, false)),
      suspend: (id, call) => guarded("suspend", call, guests.suspend(host, id)),
      resume: (spec, call) => guarded("resume", call, guests.resume(host, spec)),
      destroy: (id, call) => guarded("destroy", call, guests.destroy(host, id)),
      prepareMigration: (spec, _copiesDisks, call) =>
        guarded("prepareMigration", call, peer === null ? cannotMove("prepareMigration") : migrations.prepare(host, peer, spec)),
      performMigration: (spec, how, call) => guarded("performMigration", call, migrations.perform(host, spec, how)),
      finishMigration: (spec, power, call) => guarded("finishMigration", call, migrations.finish(host, spec, power)),
      confirmMigration: (id, target, call) => guarded("confirmMigration", call, migrations.confirm(host, id, target)),
      abortMigration: (id, call) => guarded("abortMigration", call, migrations.abort(host, id)),
      forceMigration: (id, call) => guarded("forceMigration", call, migrations.force(host, id)),
      list: list(host),
      consoleLog: (id) => consoleOf(disks, id),
      events: events(libvirt, host)
    }
    return { hostname, driver, isUp: () => isMeasured && libvirt.isConnected() }
  })

/** A fleet of this one host. */
export const layer = (options: LibvirtDriverOptions): Layer.Layer<Fleet, DriverError> =>
  Layer.effect(
    Fleet,
    Effect.map(makeLibvirtHost(options), ({ driver, hostname, isUp }) =>
      Fleet.of({
        hosts: [hostname],
        arrivals: Stream.empty,
        driver: (asked) => asked === hostname ? driver : undefined,
        isUp: (asked) => asked === hostname && isUp(),
        events: driver.events.pipe(Stream.map((event) => ({ hostname, event })))
      }))
  )
