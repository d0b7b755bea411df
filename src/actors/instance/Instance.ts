import { Schema } from "effect"
import { NetworkRequest, Nic } from "../network/Nic.ts"
import { ClaimedDevice } from "../placement/devices/Device.ts"
import { DevicePort } from "../placement/devices/portDevices.ts"
import { Proof } from "../scheduler/proof/Proof.ts"
import { Allocations } from "./Allocations.ts"
import { FlavorSnapshot } from "./FlavorSnapshot.ts"
import { Migration } from "./Migration.ts"
import { NumaFit } from "./numaFit.ts"
import { TaskState, VmState } from "./states.ts"

export { Allocations } from "./Allocations.ts"
export { FlavorSnapshot } from "./FlavorSnapshot.ts"

const Strings = Schema.Record(Schema.String, Schema.String)

/** Why a task ended badly, as the API's `fault` shows it. */
export const InstanceFault = Schema.Struct({
  code: Schema.Int,
  message: Schema.String,
  /** For administrators only. */
  details: Schema.NullOr(Schema.String),
  createdAt: Schema.String
})
export type InstanceFault = typeof InstanceFault.Type

/** One line of the server's action log, with the steps it took. */
export const ActionRecord = Schema.Struct({
  action: Schema.String,
  requestId: Schema.String,
  userId: Schema.String,
  projectId: Schema.String,
  startedAt: Schema.String,
  updatedAt: Schema.String,
  message: Schema.NullOr(Schema.String),
  events: Schema.Array(Schema.Struct({
    event: Schema.String,
    startedAt: Schema.String,
    finishedAt: Schema.NullOr(Schema.String),
    result: Schema.NullOr(Schema.Literals(["Success", "Error"])),
    host: Schema.NullOr(Schema.String),
    details: Schema.NullOr(Schema.String)
  }))
})
export type ActionRecord = typeof ActionRecord.Type

export const Step = Schema.Literals([
  "schedule", "spawn", "drive", "destroy", "release",
  // Of moves: `doer.ts` says at which host.
  "select", "prepare", "migrate", "finish", "confirm", "rebind", "abort", "cancel", "sweep"
])
export type Step = typeof Step.Type

/** Work in flight: enough for whoever owns the server next to go on with it. Times in Unix milliseconds. */
export const Work = Schema.Struct({
  action: Schema.String,
  step: Step,
  /** Grows with each step: an outcome of an older one is late and changes nothing. */
  generation: Schema.Int,
  requestId: Schema.String,
  touchedAtMillis: Schema.Number,
  deadlineMillis: Schema.Number,
  attempt: Schema.Int,
  /** Hosts that failed this build, and what the last of them said. */
  excludedHosts: Schema.Array(Schema.String),
  lastFailure: Schema.optionalKey(Schema.String)
})
export type Work = typeof Work.Type

/** Where the scheduler may put the server; kept, for every later move asks again. */
export const PlacementWish = Schema.Struct({
  availabilityZone: Schema.NullOr(Schema.String),
  host: Schema.NullOr(Schema.String),
  /** `host` was forced (zone:host form): filters are skipped. */
  isForced: Schema.Boolean,
  serverGroupId: Schema.NullOr(Schema.String),
  /** The group's policy (`affinity`, `anti-affinity`, `soft-…`), which never changes. */
  groupPolicy: Schema.NullOr(Schema.String),
  maxServerPerHost: Schema.Int,
  /** Servers that its request made: they are placed all or none. Absent: one. */
  gangSize: Schema.optionalKey(Schema.Int),
  hints: Schema.Record(Schema.String, Schema.Json)
})
export type PlacementWish = typeof PlacementWish.Type

/** One server. Plain JSON; times ISO 8601 in UTC with milliseconds. */
export const Instance = Schema.Struct({
  id: Schema.String,
  projectId: Schema.String,
  userId: Schema.String,
  name: Schema.String,
  hostname: Schema.String,
  description: Schema.NullOr(Schema.String),
  reservationId: Schema.String,
  launchIndex: Schema.Int,
  createdAt: Schema.String,
  updatedAt: Schema.String,
  launchedAt: Schema.NullOr(Schema.String),
  terminatedAt: Schema.NullOr(Schema.String),

  vmState: VmState,
  taskState: Schema.NullOr(TaskState),
  powerState: Schema.Int,
  fault: Schema.NullOr(InstanceFault),
  work: Schema.NullOr(Work),
  /** Of the newest step ever begun. */
  generation: Schema.Int,

  flavor: FlavorSnapshot,
  imageId: Schema.NullOr(Schema.String),
  /** The image's properties at creation, without the `image_` prefix. */
  imageProperties: Strings,
  keyName: Schema.NullOr(Schema.String),
  publicKey: Schema.NullOr(Schema.String),
  userData: Schema.NullOr(Schema.String),
  configDrive: Schema.Boolean,
  diskConfig: Schema.Literals(["AUTO", "MANUAL"]),
  trustedCertificates: Schema.optionalKey(Schema.Array(Schema.String)),
  accessIpV4: Schema.NullOr(Schema.String),
  accessIpV6: Schema.NullOr(Schema.String),
  metadata: Strings,
  tags: Schema.Array(Schema.String),
  locked: Schema.NullOr(Schema.Struct({
    by: Schema.Literals(["owner", "admin"]),
    reason: Schema.NullOr(Schema.String)
  })),

  wish: PlacementWish,
  /** The service host; `null` until one accepted the server. */
  host: Schema.NullOr(Schema.String),
  /** What it has of the host's NUMA cells; `null` or absent: no cells of its own. Given up with the host. */
  numa: Schema.optionalKey(Schema.NullOr(NumaFit)),
  /** The host's PCI devices that it has; `null` or absent: none. Given up with the host. */
  devices: Schema.optionalKey(Schema.NullOr(Schema.Array(ClaimedDevice))),
  /** Its ports that need a device of the host each, as they were when it was made; absent: none. */
  devicePorts: Schema.optionalKey(Schema.Array(DevicePort)),
  /** What it has of providers beside its host's own. Given up with the host. */
  allocations: Schema.optionalKey(Allocations),
  /** Of the newest word of the scheduler: why there, or why nowhere. */
  placement: Schema.optionalKey(Proof),
  /** Of its words before, for a server that was placed more than once; the oldest first. */
  earlierPlacements: Schema.optionalKey(Schema.Array(Proof)),
  availabilityZone: Schema.NullOr(Schema.String),
  /** A move under way, and those that are over, the oldest first. */
  migration: Schema.optionalKey(Schema.NullOr(Migration)),
  migrations: Schema.optionalKey(Schema.Array(Migration)),
  networks: Schema.Union([Schema.Literals(["auto", "none"]), Schema.Array(NetworkRequest)]),
  securityGroups: Schema.Array(Schema.String),
  nics: Schema.Array(Nic),
  actions: Schema.Array(ActionRecord)
})
export type Instance = typeof Instance.Type

/** The hypervisor's own name for the server. */
export const domainName = (instance: Pick<Instance, "id">): string => `instance-${instance.id.slice(0, 8)}`

/** Does it count against quota and host? A deleted server is history. */
export const isLive = (instance: Instance): boolean => instance.vmState !== "deleted"

/** GiB on the host's disk. */
export const diskGbOf = (flavor: FlavorSnapshot): number => flavor.diskGb + flavor.ephemeralGb + Math.ceil(flavor.swapMb / 1024)
