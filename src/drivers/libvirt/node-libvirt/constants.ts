/** libvirt's public numbers, under names that read well in TypeScript. Flags of one group may be joined with `|`. */

/** Error numbers a caller decides by. The list is not complete; `LibvirtError.code` always carries the number. */
export const errorCode = {
  internal: 1,
  noMemory: 2,
  noSupport: 3,
  noConnect: 5,
  invalidConnection: 6,
  invalidDomain: 7,
  invalidArgument: 8,
  operationFailed: 9,
  xml: 27,
  domainExists: 28,
  operationDenied: 29,
  openFailed: 30,
  readFailed: 31,
  writeFailed: 34,
  xmlDetail: 35,
  system: 38,
  rpc: 39,
  noDomain: 42,
  noNetwork: 43,
  authFailed: 45,
  noStoragePool: 49,
  noStorageVolume: 50,
  noNodeDevice: 53,
  operationInvalid: 55,
  noInterface: 57,
  noNwfilter: 62,
  noSecret: 66,
  configUnsupported: 67,
  operationTimeout: 68,
  noDomainSnapshot: 72,
  argumentUnsupported: 74,
  operationAborted: 78,
  authCancelled: 79,
  noDomainMetadata: 80,
  migrateUnsafe: 81,
  overflow: 82,
  blockCopyActive: 83,
  operationUnsupported: 84,
  agentUnresponsive: 86,
  resourceBusy: 87,
  accessDenied: 88,
  storageVolumeExists: 90,
  cpuIncompatible: 91,
  xmlInvalidSchema: 92,
  authUnavailable: 94,
  agentUnsynced: 97,
  deviceMissing: 99
} as const
export type ErrorCodeName = keyof typeof errorCode

/** Index is libvirt's number. */
export const domainStates = [
  "nostate", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended"
] as const
export type DomainState = (typeof domainStates)[number]

export const domainEventTypes = [
  "defined", "undefined", "started", "suspended", "resumed", "stopped", "shutdown", "pmsuspended", "crashed"
] as const
export type DomainEventType = (typeof domainEventTypes)[number]

/** Why a domain is off: the `reason` beside state `shutoff`. */
export const shutoffReasons = [
  "unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "snapshot", "daemon"
] as const

/** The `detail` beside event `stopped`. */
export const stoppedDetails = [
  "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "snapshot"
] as const

export const jobTypes = ["none", "bounded", "unbounded", "completed", "failed", "cancelled"] as const

/** What a change touches; `current` is the running guest if there is one, else its definition. */
export const affect = { current: 0, live: 1, config: 2 } as const
export const createFlag = { none: 0, paused: 1, autodestroy: 2, bypassCache: 4, forceBoot: 8, validate: 16 } as const
export const defineFlag = { validate: 1 } as const
export const shutdownFlag = { default: 0, acpi: 1, agent: 2, initctl: 4, signal: 8, paravirt: 16 } as const
export const destroyFlag = { default: 0, graceful: 1, removeLogs: 2 } as const
export const undefineFlag = {
  managedSave: 1, snapshotsMetadata: 2, nvram: 4, keepNvram: 8, checkpointsMetadata: 16, tpm: 32, keepTpm: 64
} as const
export const xmlFlag = { secure: 1, inactive: 2, updateCpu: 4, migratable: 8 } as const
export const listFlag = {
  active: 1, inactive: 2, persistent: 4, transient: 8, running: 16, paused: 32, shutoff: 64, other: 128, managedSave: 256
} as const
/** Which devices of a host are listed. */
export const nodeDeviceFlag = { pci: 1 << 1, net: 1 << 4, mdevTypes: 1 << 13, mdev: 1 << 14, vdpa: 1 << 17 } as const
export const vcpuFlag = { current: 0, live: 1, config: 2, maximum: 4, guest: 8, hotpluggable: 16 } as const
export const memoryFlag = { current: 0, live: 1, config: 2, maximum: 4 } as const
export const statsType = {
  state: 1, cpuTotal: 2, balloon: 4, vcpu: 8, interface: 16, block: 32, perf: 64, iothread: 128, memory: 256
} as const
export const jobStatsFlag = { completed: 1, keepCompleted: 2 } as const
export const consoleFlag = { force: 1, safe: 2 } as const
export const migrateFlag = {
  live: 1 << 0, peerToPeer: 1 << 1, tunnelled: 1 << 2, persistDestination: 1 << 3, undefineSource: 1 << 4,
  paused: 1 << 5, nonSharedDisk: 1 << 6, nonSharedIncremental: 1 << 7, changeProtection: 1 << 8, unsafe: 1 << 9,
  offline: 1 << 10, compressed: 1 << 11, abortOnError: 1 << 12, autoConverge: 1 << 13, rdmaPinAll: 1 << 14,
  postCopy: 1 << 15, tls: 1 << 16, parallel: 1 << 17
} as const
/** Names of the typed parameters of a migration. */
export const migrateParam = {
  uri: "migrate_uri", destinationName: "destination_name", destinationXml: "destination_xml",
  persistentXml: "persistent_xml", bandwidth: "bandwidth", postCopyBandwidth: "bandwidth.postcopy",
  graphicsUri: "graphics_uri", listenAddress: "listen_address", disks: "migrate_disks", disksPort: "disks_port",
  disksUri: "disks_uri", parallelConnections: "parallel.connections", tlsDestination: "tls.destination"
} as const
