import { Context, Schema } from "effect"
import type { ClaimedDevice, HostDevice } from "../actors/placement/devices/Device.ts"
import type { Duration, Effect, Stream } from "effect"

/** A network card as the hypervisor needs it. */
export interface NicSpec {
  readonly portId: string
  readonly networkId: string
  readonly macAddress: string
  readonly mtu: number
  /** `address/prefix` of each fixed address. */
  readonly fixedIps: ReadonlyArray<string>
  /** How the card is made, in Neutron's words; absent: `normal`. */
  readonly vnicType?: string
  /** The host's device that it is, or lies on; absent: none. */
  readonly device?: ClaimedDevice
  /** The VLAN of its network, where the device itself must tag. */
  readonly vlan?: number
}

/** The image a root disk is made from; paths are local to the hypervisor, and empty or `null` once the image is gone. */
export interface ImageSource {
  readonly id: string
  readonly path: string
  readonly diskFormat: string
  readonly checksum: string | null
  readonly properties: { readonly [key: string]: string }
  /** Direct kernel boot, when the image names them. */
  readonly kernelPath: string | null
  readonly ramdiskPath: string | null
}

/** One NUMA node of a guest: its CPUs by the guest's numbers, its memory in MiB. */
export interface DomainCell {
  readonly cpus: ReadonlyArray<number>
  readonly memoryMb: number
  /** The host's NUMA node that its memory comes from. */
  readonly hostCell: number
  /** `null`: the host's base pages. */
  readonly hugePageKb: number | null
}

/** Where a guest's NUMA nodes, CPUs and emulator lie on its host. */
export interface DomainNuma {
  /** In the order of the guest's nodes. */
  readonly cells: ReadonlyArray<DomainCell>
  /** Each of the guest's CPUs, ascending, with the host CPUs it may run on: one for a pinned CPU. */
  readonly pins: ReadonlyArray<{ readonly cpu: number; readonly hostCpus: ReadonlyArray<number> }>
  /** Host CPUs for what the emulator does beside the guest's CPUs. */
  readonly emulatorCpus: ReadonlyArray<number>
  /** Of the guest's CPUs: those that run before anything else on their host CPU. */
  readonly realtimeCpus: ReadonlyArray<number>
}

/** Everything a hypervisor needs to run one server; sizes as the names say. */
export interface DomainSpec {
  readonly id: string
  /** The hypervisor's own name for it, `instance-0000002a`. */
  readonly name: string
  readonly displayName: string
  readonly projectId: string
  readonly userId: string
  readonly hostname: string
  readonly vcpus: number
  readonly memoryMb: number
  readonly rootGb: number
  readonly ephemeralGb: number
  readonly swapMb: number
  readonly image: ImageSource | null
  readonly nics: ReadonlyArray<NicSpec>
  readonly extraSpecs: { readonly [key: string]: string }
  readonly userData: string | null
  /** What the guest takes its CPUs for; absent: a socket each. */
  readonly cpuTopology?: { readonly sockets: number; readonly cores: number; readonly threads: number }
  /** Absent: its CPUs and memory may lie anywhere. */
  readonly numa?: DomainNuma
  /** Host CPUs that a guest without `numa` may run on; absent: all. */
  readonly sharedCpus?: ReadonlyArray<number>
  /** Its memory must stay in RAM. */
  readonly isMemoryLocked?: boolean
  /** The host's devices that it has for itself; those of ports are its cards. Absent: none. */
  readonly devices?: ReadonlyArray<ClaimedDevice>
  /** Virtual graphics cards; absent: none. */
  readonly vgpus?: number
}

export type PowerState = "running" | "paused" | "shutdown" | "crashed" | "suspended" | "nostate"

export interface DomainStatus {
  readonly id: string
  readonly power: PowerState
}

/** Something the hypervisor saw: the guest's power state is now this. */
export interface DomainEvent {
  readonly id: string
  readonly power: PowerState
  readonly reason: string
}

/** One NUMA node of a host: logical CPU numbers, memory, pages above 4 KiB. */
export interface NumaNode {
  readonly id: number
  readonly cpus: ReadonlyArray<number>
  readonly memoryMb: number
  readonly pages: ReadonlyArray<{ readonly sizeKb: number; readonly count: number }>
}

/** What the host has, before any server is on it. */
export interface Inventory {
  readonly hypervisorType: string
  readonly hypervisorVersion: number
  readonly hypervisorHostname: string
  readonly hostIp: string
  readonly cpuModel: string
  readonly cpuArch: string
  readonly vcpus: number
  readonly memoryMb: number
  readonly diskGb: number
  readonly numa: ReadonlyArray<NumaNode>
  /** Sibling threads of each core, with its socket. */
  readonly cores: ReadonlyArray<{ readonly socket: number; readonly cpus: ReadonlyArray<number> }>
  /** CPUs that the operator set apart: for guests that share them, for guests pinned to them. Absent: all are for both. */
  readonly cpuSets?: { readonly shared: ReadonlyArray<number> | null; readonly dedicated: ReadonlyArray<number> | null }
  readonly traits: ReadonlyArray<string>
  /** PCI devices that the operator lets guests have; absent: none. */
  readonly devices?: ReadonlyArray<HostDevice>
  /** How much it has of other resource classes of Placement (VGPU, MEM_ENCRYPTION_CONTEXT, …). */
  readonly resources?: { readonly [resourceClass: string]: number }
}

export interface Capabilities {
  readonly pause: boolean
  readonly suspend: boolean
  readonly consoleLog: boolean
  /** Absent: it cannot. */
  readonly liveMigration?: boolean
  /** A server that is off can be made again on another host as it was: nothing of it is on a disk of this one. Absent: it cannot. */
  readonly coldMigration?: boolean
}

/** How a guest is sent. */
export interface MigrationOptions {
  /** The destination's own word on where to. */
  readonly target: string
  /** Its disks are copied; `null`: where the hosts share none. */
  readonly copiesDisks: boolean | null
}

/** A driver call failed. `isRetryable`: the same call may pass later or elsewhere. */
export class DriverError extends Schema.TaggedError<DriverError>()("DriverError", {
  operation: Schema.String,
  message: Schema.String,
  isRetryable: Schema.Boolean,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

export interface Call {
  /** The caller's epoch for this host: a driver that has seen a newer one refuses. */
  readonly epoch: number
}

/**
 * The hypervisor surface of one host. Every call is idempotent: repeated after a crash it finds its own work done
 * and succeeds. `destroy` of an unknown domain succeeds.
 */
export interface Driver {
  readonly capabilities: Capabilities
  readonly inventory: Effect.Effect<Inventory, DriverError>
  readonly spawn: (spec: DomainSpec, call: Call) => Effect.Effect<void, DriverError>
  readonly powerOn: (spec: DomainSpec, call: Call) => Effect.Effect<void, DriverError>
  /** Asks the guest to stop, and takes its power away after `grace`. */
  readonly powerOff: (id: string, grace: Duration.Duration, call: Call) => Effect.Effect<void, DriverError>
  readonly reboot: (spec: DomainSpec, kind: "soft" | "hard", call: Call) => Effect.Effect<void, DriverError>
  readonly pause: (id: string, call: Call) => Effect.Effect<void, DriverError>
  readonly unpause: (id: string, call: Call) => Effect.Effect<void, DriverError>
  readonly suspend: (id: string, call: Call) => Effect.Effect<void, DriverError>
  readonly resume: (spec: DomainSpec, call: Call) => Effect.Effect<void, DriverError>
  /** Leaves no domain and no file behind. */
  readonly destroy: (id: string, call: Call) => Effect.Effect<void, DriverError>
  /** Makes ready to receive the guest, whose place here is `spec`; answers where it is to be sent. At the destination. */
  readonly prepareMigration: (spec: DomainSpec, copiesDisks: boolean | null, call: Call) => Effect.Effect<string, DriverError>
  /** Sends the guest as it runs; it ends with the guest gone, or still here. One that is not here has gone before. At the source. */
  readonly performMigration: (spec: DomainSpec, options: MigrationOptions, call: Call) => Effect.Effect<void, DriverError>
  /** The guest has come, and is as `spec` says from now on; it fails where none has. At the destination. */
  readonly finishMigration: (spec: DomainSpec, power: "running" | "paused", call: Call) => Effect.Effect<void, DriverError>
  /** The guest runs elsewhere for certain: what was its own here goes. At the source. */
  readonly confirmMigration: (id: string, target: string, call: Call) => Effect.Effect<void, DriverError>
  /** Ends a move of the guest that is not over, on either side, and takes away what was made ready for it. Answers whether the guest is here. */
  readonly abortMigration: (id: string, call: Call) => Effect.Effect<boolean, DriverError>
  /** Lets a move that is under way come to its end at the cost of the guest, which stands still meanwhile. At the source. */
  readonly forceMigration: (id: string, call: Call) => Effect.Effect<void, DriverError>
  /** What is really there: recovery starts here. */
  readonly list: Effect.Effect<ReadonlyArray<DomainStatus>, DriverError>
  /** The serial console's text so far. */
  readonly consoleLog: (id: string) => Effect.Effect<string, DriverError>
  readonly events: Stream.Stream<DomainEvent>
}

/** The hosts this process drives, by hypervisor hostname. */
export class Fleet extends Context.Service<Fleet, {
  /** Those it can drive now. */
  readonly hosts: ReadonlyArray<string>
  /** The names of hosts that come, or come back, while the process runs. */
  readonly arrivals: Stream.Stream<string>
  readonly driver: (hostname: string) => Driver | undefined
  /** The host answers, to this process or to another; a silent one is down after the service-down time. */
  readonly isUp: (hostname: string) => boolean
  /** What all the hypervisors see, as it happens; one listener. */
  readonly events: Stream.Stream<{ readonly hostname: string; readonly event: DomainEvent }>
}>()("kilonova/drivers/Fleet") {}
