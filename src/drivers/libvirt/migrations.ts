/** Moves of running guests, from one libvirt to another: peer to peer, so that libvirt itself sees that a guest runs on one of both. */
import { randomBytes } from "node:crypto"
import { Effect, Schema } from "effect"
import { DriverError, type DomainSpec, type MigrationOptions } from "../Driver.ts"
import { driverLimits } from "./driverLimits.ts"
import type { GuestHost } from "./guests.ts"
import { destinationXml } from "./migrationXml.ts"
import {
  domainByUuid, type DomainState, jobTypes, type LibvirtFailure, migrateFlag, migrateParam, textParam, xmlFlag
} from "./node-libvirt/index.ts"
import { unless } from "./failure.ts"

type Moving<A> = Effect.Effect<A, LibvirtFailure | DriverError>

/** What the source must know of the destination. */
const Target = Schema.fromJsonString(Schema.Struct({
  /** How its libvirt is reached, and its guests' memory sent. */
  uri: Schema.String,
  address: Schema.String,
  /** The folder of the guest's files there. */
  folder: Schema.String,
  /** A file in it: who sees the file shares the folder. */
  token: Schema.String
}))
const readTarget = (operation: string, text: string) =>
  Effect.mapError(Schema.decodeUnknownEffect(Target)(text), () => refuse(operation, "the destination said where to in words that mean nothing here"))

const refuse = (operation: string, message: string) => new DriverError({ operation, message, isRetryable: false })
const early = (why: string) => refuse("migrate", `Migration pre-check error: ${why}`)

const stateOf = ({ client }: GuestHost, id: string): Effect.Effect<DomainState | undefined, LibvirtFailure> =>
  client.domainGetState({ domain: domainByUuid(id) }).pipe(
    Effect.map(({ state }): DomainState | undefined => state),
    Effect.catchTag("LibvirtError", (error) => error.is("noDomain") ? Effect.succeed(undefined) : Effect.fail(error))
  )

/** Guests that are on their way have no definition of their own yet. */
const isHere = ({ client }: GuestHost, id: string): Effect.Effect<boolean, LibvirtFailure> =>
  client.domainIsPersistent({ domain: domainByUuid(id) }).pipe(
    Effect.catchTag("LibvirtError", (error) => error.is("noDomain") ? Effect.succeed(false) : Effect.fail(error))
  )

const isBusy = ({ client }: GuestHost, id: string): Effect.Effect<boolean, LibvirtFailure> =>
  client.domainGetJobStats({ domain: domainByUuid(id) }).pipe(
    Effect.map(({ type }) => jobTypes[type] === "bounded" || jobTypes[type] === "unbounded"),
    Effect.catchTag("LibvirtError", (error) => error.is("noDomain", "operationInvalid") ? Effect.succeed(false) : Effect.fail(error))
  )

/** Until what is being done with the guest is over, however it ends. */
const settled = (host: GuestHost, id: string): Effect.Effect<void, LibvirtFailure> =>
  Effect.gen(function*() {
    while (yield* isBusy(host, id)) yield* Effect.sleep(driverLimits.migrationPollMillis)
  })

export interface Peer {
  /** How other hosts' libvirt reach this host's. */
  readonly uri: string
  readonly address: string
}

/** Files for a guest that is to come, where its own are not here already; and a sign by which the source sees whether they are the same. */
export const prepare = (host: GuestHost, peer: Peer, spec: DomainSpec): Moving<string> =>
  Effect.gen(function*() {
    const { disks } = host
    if ((spec.devices ?? []).length > 0) return yield* early("devices of its host do not move with a server that runs")
    if (!(yield* disks.hasDisk(spec.id))) yield* disks.expect(spec.id)
    yield* disks.prepare(spec)
    const token = `.seen-${randomBytes(9).toString("base64url")}`
    yield* disks.sign(spec.id, token)
    return JSON.stringify({ uri: peer.uri, address: peer.address, folder: disks.folderOf(spec.id), token })
  })

const local = "its disks are on this host alone: they have to be copied"
const shared = "its disks are on storage that both hosts share: there is nothing to copy"

/** Sends the guest. A move that is under way already, or was, is not begun again. */
export const perform = (host: GuestHost, spec: DomainSpec, { copiesDisks, target }: MigrationOptions): Moving<void> =>
  Effect.gen(function*() {
    const { client, disks } = host
    const domain = domainByUuid(spec.id)
    yield* settled(host, spec.id)
    const state = yield* stateOf(host, spec.id)
    if (state === undefined) return
    if (state !== "running" && state !== "blocked" && state !== "paused") {
      return yield* refuse("performMigration", `server ${spec.id} does not run on this host`)
    }
    const to = yield* readTarget("performMigration", target)
    const isShared = yield* disks.isSigned(spec.id, to.token)
    if (isShared && copiesDisks === true) return yield* early(shared)
    if (!isShared && copiesDisks === false) return yield* early(local)
    const live = yield* client.domainGetXml({ domain, flags: xmlFlag.secure | xmlFlag.migratable })
    const xml = destinationXml(live, spec, disks.folderOf(spec.id), to.folder)
    yield* client.domainMigratePerform3({
      domain,
      destinationUri: to.uri,
      params: [
        textParam(migrateParam.uri, `tcp://${to.address}`),
        textParam(migrateParam.destinationXml, xml),
        textParam(migrateParam.persistentXml, xml)
      ],
      cookie: new Uint8Array(),
      // Both hosts take their files for one storage's: that it is coherent is the operator's word.
      flags: migrateFlag.live | migrateFlag.peerToPeer | migrateFlag.persistDestination | migrateFlag.undefineSource | migrateFlag.autoConverge |
        (isShared ? migrateFlag.unsafe : migrateFlag.nonSharedDisk)
    })
  })

export const finish = (host: GuestHost, spec: DomainSpec, power: "running" | "paused"): Moving<void> =>
  Effect.gen(function*() {
    if (!(yield* isHere(host, spec.id))) return yield* refuse("finishMigration", `server ${spec.id} did not come to this host`)
    yield* host.disks.arrived(spec.id)
    if (power === "running" && (yield* stateOf(host, spec.id)) === "paused") yield* host.client.domainResume({ domain: domainByUuid(spec.id) })
  })

/** Files that both hosts share are the guest's still. */
export const confirm = (host: GuestHost, id: string, target: string): Moving<void> =>
  Effect.gen(function*() {
    const { token } = yield* readTarget("confirmMigration", target)
    if ((yield* isHere(host, id)) || (yield* host.disks.isSigned(id, token))) return
    yield* host.disks.remove(id)
  })

/** Of a guest that is here, its way out ends; of one that was to come, nothing is left. */
export const abort = (host: GuestHost, id: string): Moving<boolean> =>
  Effect.gen(function*() {
    const { client, disks } = host
    if (yield* isHere(host, id)) {
      if (yield* isBusy(host, id)) yield* client.domainAbortJob({ domain: domainByUuid(id) }).pipe(unless("operationInvalid", "noDomain"))
      yield* settled(host, id)
      if (yield* isHere(host, id)) return true
    } else yield* client.domainDestroy({ domain: domainByUuid(id) }).pipe(unless("operationInvalid", "noDomain"))
    if (yield* isHere(host, id)) return true
    if (yield* disks.isExpected(id)) yield* disks.remove(id)
    return false
  })

/** A guest that stands still writes no more memory: what is left to copy gets less. It goes on when it is there. */
export const force = (host: GuestHost, id: string): Moving<void> =>
  Effect.flatMap(isBusy(host, id), (busy): Moving<void> =>
    busy ? host.client.domainSuspend({ domain: domainByUuid(id) }) : Effect.fail(refuse("forceMigration", `server ${id} is not on its way from this host`)))
