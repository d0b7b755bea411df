/** What can be done to one guest: each step looks first, so that doing it twice is doing it once. */
import { Clock, Duration, Effect } from "effect"
import { DriverError, type DomainSpec } from "../Driver.ts"
import { pluggable, unpluggable } from "./deviceXml.ts"
import { driverLimits } from "./driverLimits.ts"
import { domainXml, type GuestSettings, type VirtType } from "./domainXml.ts"
import { unless } from "./failure.ts"
import { mdevDevice } from "./mdevs.ts"
import type { Disks } from "./images.ts"
import {
  type Client, createFlag, domainByUuid, type DomainState, type LibvirtFailure, shutdownFlag, undefineFlag
} from "./node-libvirt/index.ts"
import { plug, withoutDevices } from "./plugging.ts"
import { ensureVgpus, removeVgpus } from "./vgpus.ts"

/** What guests of this host share. */
export interface GuestHost {
  readonly client: Client
  readonly disks: Disks
  readonly virtType: Effect.Effect<VirtType>
  readonly settings: Pick<GuestSettings, "arch" | "nics" | "vncListen">
  readonly softRebootGrace: Duration.Duration
  /** The types of mediated devices that guests' virtual graphics cards may be. */
  readonly mdevTypes: ReadonlyArray<string>
}

type GuestEffect<A> = Effect.Effect<A, LibvirtFailure | DriverError>

const refuse = (operation: string, message: string) => new DriverError({ operation, message, isRetryable: false })

/** `undefined` when libvirt knows no such domain. */
const stateOf = ({ client }: GuestHost, id: string): Effect.Effect<DomainState | undefined, LibvirtFailure> =>
  client.domainGetState({ domain: domainByUuid(id) }).pipe(
    Effect.map(({ state }): DomainState | undefined => state),
    Effect.catchTag("LibvirtError", (error) => error.is("noDomain") ? Effect.succeed(undefined) : Effect.fail(error))
  )

const isOff = (state: DomainState | undefined): boolean => state === undefined || state === "shutoff" || state === "crashed"

/** Makes files and definition what the specification says; a running guest takes them at its next start. */
const define = (host: GuestHost, spec: DomainSpec): GuestEffect<void> =>
  Effect.gen(function*() {
    const problem = unpluggable(spec)
    if (problem !== null) return yield* refuse("define", problem)
    const { client, disks, settings, virtType } = host
    const files = yield* disks.prepare(spec)
    const mdevs = yield* ensureVgpus(host, spec)
    yield* client.domainDefineXml({ xml: domainXml(spec, { ...settings, ...files, mdevs, virtType: yield* virtType }) })
  })

/** Starts a defined guest; one that runs already is as wanted. */
const start = ({ client }: GuestHost, id: string, flags: number) =>
  client.domainCreate({ domain: domainByUuid(id), flags }).pipe(
    Effect.catchTag("LibvirtError", (error) =>
      error.is("operationInvalid")
        ? Effect.flatMap(client.domainIsActive({ domain: domainByUuid(id) }), (active) => active ? Effect.void : Effect.fail(error))
        : Effect.fail(error))
  )

const proceed = (host: GuestHost, id: string) => host.client.domainResume({ domain: domainByUuid(id) })

/** Makes a guest from nothing, or from what an earlier attempt left. */
export const spawn = (host: GuestHost, spec: DomainSpec): GuestEffect<void> =>
  Effect.gen(function*() {
    const state = yield* stateOf(host, spec.id)
    if (state === "paused") return yield* proceed(host, spec.id)
    if (!isOff(state)) return
    yield* define(host, spec)
    yield* start(host, spec.id, createFlag.none)
  })

/** Runs the guest: boots one that is off. A saved memory image is thrown away: who wanted it would have resumed. */
export const powerOn = (host: GuestHost, spec: DomainSpec): GuestEffect<void> =>
  Effect.gen(function*() {
    const state = yield* stateOf(host, spec.id)
    if (state === "paused") return yield* proceed(host, spec.id)
    if (!isOff(state)) return
    if (!(yield* host.disks.hasDisk(spec.id))) return yield* refuse("powerOn", `server ${spec.id} has no disk on this host`)
    yield* define(host, spec)
    yield* start(host, spec.id, createFlag.forceBoot)
  })

/** Takes the power away. */
const pull = ({ client }: GuestHost, id: string) =>
  client.domainDestroy({ domain: domainByUuid(id) }).pipe(unless("operationInvalid", "noDomain"))

/** Presses the power button until the guest is off or the time is over; answers whether it is off. */
const askToStop = (host: GuestHost, id: string, grace: Duration.Duration): Effect.Effect<boolean, LibvirtFailure> =>
  Effect.gen(function*() {
    const startMillis = yield* Clock.currentTimeMillis
    let pressMillis = startMillis
    while (true) {
      const nowMillis = yield* Clock.currentTimeMillis
      const state = yield* stateOf(host, id)
      if (isOff(state)) return true
      // A paused guest hears no button.
      if (state === "paused" || nowMillis - startMillis >= Duration.toMillis(grace)) return false
      if (nowMillis >= pressMillis) {
        pressMillis = nowMillis + driverLimits.shutdownRepeatMillis
        yield* host.client.domainShutdown({ domain: domainByUuid(id), flags: shutdownFlag.acpi }).pipe(
          unless("operationInvalid", "noDomain", "operationFailed", "internal")
        )
      }
      yield* Effect.sleep(driverLimits.shutdownPollMillis)
    }
  })

const isSaved = ({ client }: GuestHost, id: string) => client.domainHasManagedSave({ domain: domainByUuid(id) })

/** Off, by the guest's own will if it can be had within `grace`. A suspended guest loses its saved memory. */
export const powerOff = (host: GuestHost, id: string, grace: Duration.Duration): GuestEffect<void> =>
  Effect.gen(function*() {
    const state = yield* stateOf(host, id)
    if (state === undefined) return yield* refuse("powerOff", `server ${id} is not on this host`)
    if (!isOff(state) && !(yield* askToStop(host, id, grace))) yield* pull(host, id)
    if (yield* isSaved(host, id)) yield* host.client.domainManagedSaveRemove({ domain: domainByUuid(id) })
  })

export const reboot = (host: GuestHost, spec: DomainSpec, kind: "soft" | "hard"): GuestEffect<void> =>
  Effect.gen(function*() {
    const isDown = kind === "soft" && (yield* askToStop(host, spec.id, host.softRebootGrace))
    if (!isDown) yield* pull(host, spec.id)
    yield* powerOn(host, spec)
  })

/** Pauses and continues: refused for a guest that is off, done already for one that is as wanted. */
export const setPaused = (host: GuestHost, id: string, paused: boolean): GuestEffect<void> =>
  Effect.gen(function*() {
    const state = yield* stateOf(host, id)
    if (isOff(state)) return yield* refuse(paused ? "pause" : "unpause", `server ${id} does not run on this host`)
    if ((state === "paused") === paused) return
    yield* paused ? host.client.domainSuspend({ domain: domainByUuid(id) }) : proceed(host, id)
  })

/** Saves a running guest's memory to disk and frees it; devices of the host are no part of that. */
export const suspend = (host: GuestHost, id: string): GuestEffect<void> =>
  Effect.gen(function*() {
    const domain = domainByUuid(id)
    const state = yield* stateOf(host, id)
    if (state === "running" || state === "blocked") return yield* withoutDevices(host.client, id, host.client.domainManagedSave({ domain }))
    if (state === "shutoff" && (yield* isSaved(host, id))) return
    return yield* refuse("suspend", `server ${id} does not run on this host`)
  })

/** What was taken from it before its memory was saved. */
const plugAgain = (host: GuestHost, spec: DomainSpec): GuestEffect<void> =>
  Effect.flatMap(ensureVgpus(host, spec), (mdevs) => plug(host.client, spec.id, [...pluggable(spec), ...mdevs.map(mdevDevice)]))

/** Continues from the saved memory. The definition stays as it was saved: memory and devices belong together. */
export const resume = (host: GuestHost, spec: DomainSpec): GuestEffect<void> =>
  Effect.gen(function*() {
    const state = yield* stateOf(host, spec.id)
    const plugged = Effect.suspend(() => plugAgain(host, spec))
    if (state === "running" || state === "blocked") return yield* plugged
    if (state !== "shutoff" || !(yield* isSaved(host, spec.id))) {
      return yield* refuse("resume", `server ${spec.id} is not suspended on this host`)
    }
    yield* start(host, spec.id, createFlag.none)
    yield* plugged
  })

const undefineFlags = undefineFlag.managedSave | undefineFlag.snapshotsMetadata | undefineFlag.nvram
  | undefineFlag.checkpointsMetadata

/** Leaves no domain, no saved memory and no file. */
export const destroy = (host: GuestHost, id: string): GuestEffect<void> =>
  Effect.gen(function*() {
    yield* pull(host, id)
    yield* host.client.domainUndefine({ domain: domainByUuid(id), flags: undefineFlags }).pipe(unless("noDomain"))
    yield* removeVgpus(host, id)
    yield* host.disks.remove(id)
  })
