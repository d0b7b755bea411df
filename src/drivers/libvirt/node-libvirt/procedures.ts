/**
 * The procedures this client speaks: one row each, so that adding one is adding a row.
 *
 * A row says its number, its argument fields in wire order, and the layout of its answer. Where libvirt's last
 * argument is `flags`, the row is made with `flagged`, and callers may leave the flags out. A structure of one
 * field looks on the wire like the field itself, so such answers come unwrapped.
 */
import { programs } from "./frame.ts"
import {
  counted, cpuMap, cpuMaps, domain, domainInfo, domains, named, snapshot, state, text, volume
} from "./layouts.ts"
import { limits } from "./limits.ts"
import { typedParams } from "./typedParams.ts"
import {
  bool, type Codec, fixedChars, hyper, int, list, nothing, nullable, opaque, size, string, struct, uhyper, uint, uuid
} from "./xdr.ts"

/** How a procedure is asked and answered. */
export interface Procedure<Args, Return> {
  readonly program: number
  readonly number: number
  readonly args: Codec<Args>
  readonly returns: Codec<Return>
  readonly timeoutMillis: number
}

type Fields<A> = { readonly [K in keyof A]: Codec<A[K]> }
type Flagged<A> = A & { readonly flags?: number }

const row = <A extends object, R>(
  number: number,
  args: Fields<A>,
  returns: Codec<R>,
  timeoutMillis: number = limits.callMillisMax
): Procedure<A, R> => ({ program: programs.remote, number, args: struct(args), returns, timeoutMillis })

const flaggedBy = <A extends object, R>(
  number: number,
  args: Codec<A>,
  returns: Codec<R>,
  timeoutMillis: number
): Procedure<Flagged<A>, R> => ({
  program: programs.remote,
  number,
  args: {
    write: (to, value) => {
      args.write(to, value)
      uint.write(to, value.flags ?? 0)
    },
    read: (from) => Object.assign(args.read(from), { flags: uint.read(from) })
  },
  returns,
  timeoutMillis
})

const flagged = <A extends object, R>(
  number: number,
  args: Fields<A>,
  returns: Codec<R>,
  timeoutMillis: number = limits.callMillisMax
): Procedure<Flagged<A>, R> => flaggedBy(number, struct(args), returns, timeoutMillis)

/** `connectListAll…`: before the flags comes "send the items, not only their number"; the answer repeats the count. */
const listing = <A extends object, R>(number: number, args: Fields<A>, items: Codec<ReadonlyArray<R>>) => {
  const { write, read } = struct(args)
  const asking: Codec<A> = {
    write: (to, value) => {
      write(to, value)
      to.uint32(1)
    },
    read: (from) => {
      const value = read(from)
      from.uint32()
      return value
    }
  }
  return flaggedBy(number, asking, counted(items), limits.callMillisMax)
}

const qemu = <A, R>(procedure: Procedure<A, R>): Procedure<A, R> => ({ ...procedure, program: programs.qemu })

const slow = limits.slowCallMillisMax

export const procedures = {
  // The connection
  authList: row(66, {}, list(int, 20)),
  authPolkit: row(70, {}, int),
  connectOpen: flagged(1, { name: text }, nothing),
  connectClose: row(2, {}, nothing),
  connectSupportsFeature: row(60, { feature: int }, bool),
  connectRegisterEvent: row(316, { eventId: int, domain: nullable(domain) }, int),
  connectDeregisterEvent: row(317, { callbackId: int }, nothing),

  // The host
  connectGetType: row(3, {}, string),
  connectGetVersion: row(4, {}, size),
  connectGetLibVersion: row(157, {}, size),
  connectGetHostname: row(59, {}, string),
  connectGetUri: row(110, {}, string),
  connectGetCapabilities: row(7, {}, string, slow),
  connectGetDomainCapabilities: flagged(342, { emulator: text, arch: text, machine: text, virtType: text }, string, slow),
  connectCompareHypervisorCpu: flagged(393, { emulator: text, arch: text, machine: text, virtType: text, cpuXml: string }, int),
  nodeGetInfo: row(6, {}, struct({
    model: fixedChars(32), memoryKib: size, cpus: int, mhz: int, nodes: int, sockets: int, cores: int, threads: int
  })),
  nodeGetFreeMemory: row(102, {}, size),
  nodeGetCellsFreeMemory: row(101, { startCell: int, cellsMax: int }, list(size, 1_024)),
  nodeGetFreePages: flagged(340, { pageSizesKib: list(uint, 1_024), startCell: int, cellCount: uint }, list(size, 1_024)),

  // Domains: finding, defining
  connectListAllDomains: listing(273, {}, domains),
  domainLookupByUuid: row(24, { uuid }, domain),
  domainLookupByName: row(23, { name: string }, domain),
  domainLookupById: row(22, { id: int }, domain),
  domainDefineXml: flagged(350, { xml: string }, domain),
  domainUndefine: flagged(231, { domain }, nothing),
  domainGetXml: flagged(14, { domain }, string),
  domainIsActive: row(150, { domain }, bool),
  domainIsPersistent: row(151, { domain }, bool),
  domainGetAutostart: row(15, { domain }, bool),
  domainSetAutostart: row(29, { domain, autostart: bool }, nothing),
  domainSetMetadata: flagged(264, { domain, type: int, metadata: text, key: text, uri: text }, nothing),
  domainGetMetadata: flagged(265, { domain, type: int, uri: text }, string),

  // Domains: lifecycle
  domainCreate: flagged(196, { domain }, domain, slow),
  domainCreateXml: flagged(10, { xml: string }, domain, slow),
  domainDestroy: flagged(234, { domain }, nothing, slow),
  domainShutdown: flagged(258, { domain }, nothing),
  domainReboot: flagged(27, { domain }, nothing),
  domainReset: flagged(245, { domain }, nothing),
  domainSuspend: row(34, { domain }, nothing),
  domainResume: row(28, { domain }, nothing),
  domainManagedSave: flagged(182, { domain }, nothing, slow),
  domainHasManagedSave: flagged(183, { domain }, bool),
  domainManagedSaveRemove: flagged(184, { domain }, nothing),
  domainSave: flagged(232, { domain, to: string, xml: text }, nothing, slow),
  domainRestore: flagged(233, { from: string, xml: text }, nothing, slow),
  domainInjectNmi: flagged(210, { domain }, nothing),

  // Domains: what they are doing
  domainGetState: flagged(212, { domain }, struct({ state, reason: int })),
  domainGetInfo: row(16, { domain }, domainInfo),
  connectGetAllDomainStats: flagged(
    344,
    { domains, stats: uint },
    list(struct({ domain, params: typedParams(262_144) }), 16_384)
  ),
  domainGetBlockInfo: flagged(194, { domain, path: string }, struct({
    allocationBytes: size, capacityBytes: size, physicalBytes: size
  })),
  domainInterfaceStats: row(65, { domain, device: string }, struct({
    rxBytes: hyper, rxPackets: hyper, rxErrors: hyper, rxDrops: hyper,
    txBytes: hyper, txPackets: hyper, txErrors: hyper, txDrops: hyper
  })),
  domainInterfaceAddresses: flagged(353, { domain, source: uint }, list(struct({
    name: string, hwaddr: text, addresses: list(struct({ type: int, address: string, prefix: uint }), 2_048)
  }), 2_048)),

  // Domains: CPUs and memory
  domainPinVcpu: flagged(225, { domain, vcpu: uint, cpuMap }, nothing),
  domainPinEmulator: flagged(279, { domain, cpuMap }, nothing),
  domainGetVcpuPins: flagged(230, { domain, vcpusMax: int, mapBytes: int }, struct({ cpuMaps, count: int })),
  domainGetEmulatorPin: flagged(280, { domain, mapBytes: int }, struct({ cpuMaps, count: int })),
  domainGetVcpus: row(20, { domain, vcpusMax: int, mapBytes: int }, struct({
    vcpus: list(struct({ number: uint, state: int, cpuNanos: uhyper, cpu: int }), 16_384), cpuMaps
  })),
  domainSetVcpus: flagged(199, { domain, vcpus: uint }, nothing),
  domainGetVcpuCount: flagged(200, { domain }, int),
  domainSetMemory: flagged(204, { domain, memoryKib: size }, nothing),
  domainSetNumaParameters: flagged(254, { domain, params: typedParams(16) }, nothing),

  // Domains: devices and disks
  domainAttachDevice: flagged(160, { domain, xml: string }, nothing),
  domainDetachDevice: flagged(161, { domain, xml: string }, nothing),
  domainUpdateDevice: flagged(174, { domain, xml: string }, nothing),
  domainBlockResize: flagged(251, { domain, disk: string, size }, nothing),
  domainBlockCommit: flagged(290, { domain, disk: string, base: text, top: text, bandwidth: size }, nothing),
  domainBlockCopy: flagged(345, { domain, path: string, xml: string, params: typedParams(16) }, nothing),
  domainBlockJobAbort: flagged(237, { domain, path: string }, nothing),
  domainGetBlockJob: flagged(238, { domain, path: string }, struct({
    found: bool, type: int, bandwidth: uhyper, current: uhyper, end: uhyper
  })),
  domainSnapshotCreate: flagged(185, { domain, xml: string }, snapshot, slow),
  domainSnapshotLookup: flagged(189, { domain, name: string }, snapshot),
  domainSnapshotDelete: flagged(193, { snapshot }, nothing, slow),
  domainFsFreeze: flagged(335, { domain, mountpoints: list(string, 256) }, int),
  domainFsThaw: flagged(336, { domain, mountpoints: list(string, 256) }, int),
  domainSetUserPassword: flagged(357, { domain, user: text, password: text }, nothing),

  // Jobs and migration
  domainAbortJob: row(164, { domain }, nothing),
  domainGetJobStats: flagged(298, { domain }, struct({ type: int, params: typedParams(64) })),
  domainMigratePerform3: flagged(
    305,
    { domain, destinationUri: text, params: typedParams(64), cookie: opaque(4_194_304) },
    opaque(4_194_304),
    limits.migrationMillisMax
  ),
  domainMigrateSetMaxDowntime: flagged(166, { domain, downtimeMillis: size }, nothing),
  domainMigrateSetMaxSpeed: flagged(207, { domain, bandwidthMibps: size }, nothing),
  domainMigrateStartPostCopy: flagged(364, { domain }, nothing),

  // Storage
  connectListAllStoragePools: listing(281, {}, list(named, 16_384)),
  storagePoolLookupByName: row(84, { name: string }, named),
  storagePoolDefineXml: flagged(77, { xml: string }, named),
  storagePoolCreateXml: flagged(76, { xml: string }, named),
  storagePoolBuild: flagged(79, { pool: named }, nothing),
  storagePoolCreate: flagged(78, { pool: named }, nothing),
  storagePoolRefresh: flagged(83, { pool: named }, nothing),
  storagePoolDestroy: row(80, { pool: named }, nothing),
  storagePoolUndefine: row(82, { pool: named }, nothing),
  storagePoolGetInfo: row(87, { pool: named }, struct({
    state: int, capacityBytes: size, allocationBytes: size, availableBytes: size
  })),
  storagePoolListAllVolumes: listing(282, { pool: named }, list(volume, 16_384)),
  storageVolumeLookupByName: row(95, { pool: named, name: string }, volume),
  storageVolumeLookupByPath: row(97, { path: string }, volume),
  storageVolumeCreateXml: flagged(93, { pool: named, xml: string }, volume, slow),
  storageVolumeDelete: flagged(94, { volume }, nothing),
  storageVolumeResize: flagged(260, { volume, capacityBytes: size }, nothing),
  storageVolumeGetInfo: row(98, { volume }, struct({ type: int, capacityBytes: size, allocationBytes: size })),
  storageVolumeGetPath: row(100, { volume }, string),
  storageVolumeGetXml: flagged(99, { volume }, string),

  // Networks and filters
  connectListAllNetworks: listing(283, {}, list(named, 16_384)),
  networkLookupByName: row(46, { name: string }, named),
  networkCreateXml: row(40, { xml: string }, named),
  networkDestroy: row(42, { network: named }, nothing),
  nwfilterLookupByName: row(175, { name: string }, named),
  nwfilterDefineXml: row(180, { xml: string }, named),
  nwfilterUndefine: row(181, { nwfilter: named }, nothing),

  // Devices of the host
  connectListAllNodeDevices: listing(285, {}, list(string, 65_536)),
  nodeDeviceGetXml: flagged(114, { name: string }, string),
  nodeDeviceCreateXml: flagged(123, { xml: string }, string),
  nodeDeviceDestroy: row(124, { name: string }, nothing),

  // QEMU only
  qemuDomainMonitorCommand: qemu(flagged(1, { domain, command: string }, string)),
  qemuDomainAgentCommand: qemu(row(3, { domain, command: string, timeoutSeconds: int, flags: uint }, text))
} as const

/** Procedures whose reply opens a stream of bytes; see `openStream`. */
export const streamProcedures = {
  domainOpenConsole: flagged(201, { domain, device: text }, nothing),
  domainOpenChannel: flagged(296, { domain, name: text }, nothing),
  domainScreenshot: flagged(211, { domain, screen: uint }, text),
  storageVolumeUpload: flagged(208, { volume, offsetBytes: size, lengthBytes: size }, nothing, slow),
  storageVolumeDownload: flagged(209, { volume, offsetBytes: size, lengthBytes: size }, nothing, slow)
} as const
