/** The driver port's shapes as they cross the wire: every frame is decoded in full by these. */
import { Schema } from "effect"
import { ClaimedDevice, HostDevice } from "../../actors/placement/devices/Device.ts"
import { Limits } from "../../runtime/Limits.ts"

const Texts = Schema.Record(Schema.String, Schema.String)
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 50 }))
const Name = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(255))
const Power = Schema.Literals(["running", "paused", "shutdown", "crashed", "suspended", "nostate"])

/** A hypervisor's hostname or a server's id. */
export { Count, Name }

const Nic = Schema.Struct({
  portId: Schema.String,
  networkId: Schema.String,
  macAddress: Schema.String,
  mtu: Count,
  fixedIps: Schema.Array(Schema.String),
  vnicType: Schema.optionalKey(Schema.String),
  device: Schema.optionalKey(ClaimedDevice),
  vlan: Schema.optionalKey(Count)
})

const Image = Schema.Struct({
  id: Name,
  path: Schema.String,
  diskFormat: Schema.String,
  checksum: Schema.NullOr(Schema.String),
  properties: Texts,
  kernelPath: Schema.NullOr(Schema.String),
  ramdiskPath: Schema.NullOr(Schema.String)
})

const Cpus = Schema.Array(Count)

const DomainNuma = Schema.Struct({
  cells: Schema.Array(Schema.Struct({ cpus: Cpus, memoryMb: Count, hostCell: Count, hugePageKb: Schema.NullOr(Count) })),
  pins: Schema.Array(Schema.Struct({ cpu: Count, hostCpus: Cpus })),
  emulatorCpus: Cpus,
  realtimeCpus: Cpus
})

export const Spec = Schema.Struct({
  id: Name,
  name: Name,
  displayName: Schema.String,
  projectId: Schema.String,
  userId: Schema.String,
  hostname: Schema.String,
  vcpus: Count,
  memoryMb: Count,
  rootGb: Count,
  ephemeralGb: Count,
  swapMb: Count,
  image: Schema.NullOr(Image),
  nics: Schema.Array(Nic),
  extraSpecs: Texts,
  userData: Schema.NullOr(Schema.String),
  // Runners of an earlier release do not say these.
  cpuTopology: Schema.optionalKey(Schema.Struct({ sockets: Count, cores: Count, threads: Count })),
  numa: Schema.optionalKey(DomainNuma),
  sharedCpus: Schema.optionalKey(Cpus),
  isMemoryLocked: Schema.optionalKey(Schema.Boolean),
  devices: Schema.optionalKey(Schema.Array(ClaimedDevice)),
  vgpus: Schema.optionalKey(Count)
})

export const Domain = Schema.Struct({ id: Name, power: Power })
export const Event = Schema.Struct({ id: Name, power: Power, reason: Schema.String.check(Schema.isMaxLength(1000)) })

const Numa = Schema.Struct({
  id: Count,
  cpus: Cpus,
  memoryMb: Count,
  pages: Schema.Array(Schema.Struct({ sizeKb: Count, count: Count }))
})

export const Hardware = Schema.Struct({
  hypervisorType: Schema.String,
  hypervisorVersion: Count,
  hypervisorHostname: Schema.String,
  hostIp: Schema.String,
  cpuModel: Schema.String,
  cpuArch: Schema.String,
  vcpus: Count,
  memoryMb: Count,
  diskGb: Count,
  numa: Schema.Array(Numa),
  cores: Schema.Array(Schema.Struct({ socket: Count, cpus: Cpus })),
  cpuSets: Schema.optionalKey(Schema.Struct({ shared: Schema.NullOr(Cpus), dedicated: Schema.NullOr(Cpus) })),
  traits: Schema.Array(Schema.String),
  devices: Schema.optionalKey(Schema.Array(HostDevice).check(Schema.isMaxLength(Limits.hostDevicesMax))),
  resources: Schema.optionalKey(Schema.Record(Schema.String, Count))
})

export const Abilities = Schema.Struct({
  pause: Schema.Boolean,
  suspend: Schema.Boolean,
  consoleLog: Schema.Boolean,
  // Agents of an earlier release do not say these.
  liveMigration: Schema.optionalKey(Schema.Boolean),
  coldMigration: Schema.optionalKey(Schema.Boolean)
})
