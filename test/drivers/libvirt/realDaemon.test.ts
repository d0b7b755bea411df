/** The client against the daemon itself: libvirt's own test driver, then QEMU. */
import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Context, Effect, Fiber, Layer, Stream } from "effect"
import {
  affect, byField, connect, cpuMapOf, cpusOf, createFlag, defineFlag, destroyFlag, Libvirt, nodeDeviceFlag, statsType, undefineFlag
} from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { deviceKey, hostDevicesIn } from "../../../src/drivers/libvirt/deviceXml.ts"
import { domainXml } from "../../../src/drivers/libvirt/domainXml.ts"
import { parse } from "../../../src/drivers/libvirt/xml.ts"
import { gpu, nic } from "../../fixtures/devices.ts"
import { domainSpec } from "./domainSpec.ts"
import { describeLibvirt, realDaemon, type RealDaemon } from "./realDaemon.ts"

class Daemon extends Context.Service<Daemon, RealDaemon>()("test/Daemon") {}
const daemonLayer = Layer.effect(Daemon, realDaemon)

const connectTo = (driver: "qemu:///system" | "test:///default") =>
  Effect.flatMap(Daemon, (daemon) => connect({ uri: daemon.uri(driver) }))

const uuid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
/** A machine without disk or firmware wait: it only has to exist. */
const guestXml = (folder: string) => `
<domain type='qemu'>
  <name>contract</name><uuid>${uuid}</uuid>
  <memory unit='MiB'>32</memory><vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><bios useserial='yes'/></os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <serial type='pty'/>
    <console type='pty'/>
    <channel type='unix'><source mode='bind' path='${folder}/channel'/><target type='virtio' name='test'/></channel>
  </devices>
</domain>`

describeLibvirt("test:///default", () => {
  it.layer(daemonLayer, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    it.effect("tells who it is", () =>
      Effect.gen(function*() {
        const libvirt = yield* connectTo("test:///default")
        assert.strictEqual(yield* libvirt.connectGetType(), "TEST")
        assert.isAbove(yield* libvirt.connectGetLibVersion(), 9_000_000 - 1)
        assert.strictEqual(yield* libvirt.connectGetUri(), "test:///default")
        assert.deepInclude(yield* libvirt.nodeGetInfo(), { model: "i686", cpus: 16, nodes: 2, memoryKib: 3_145_728 })
        assert.include(yield* libvirt.connectGetCapabilities(), "<capabilities>")
      }))

    it.effect("describes the devices of its host, and says that one is not there", () =>
      Effect.gen(function*() {
        const libvirt = yield* connectTo("test:///default")
        const names = yield* libvirt.connectListAllNodeDevices()
        assert.include(names, "computer")
        assert.match(yield* libvirt.nodeDeviceGetXml({ name: "computer" }), /<capability type='system'>/)
        assert.deepStrictEqual(yield* libvirt.connectListAllNodeDevices({ flags: nodeDeviceFlag.pci | nodeDeviceFlag.mdevTypes }), [])
        const error = yield* Effect.flip(libvirt.nodeDeviceGetXml({ name: "pci_0000_ff_00_0" }))
        assert.isTrue(error._tag === "LibvirtError" && error.is("noNodeDevice"))
      }))

    it.effect("follows a domain through its life", () =>
      Effect.gen(function*() {
        const libvirt = yield* connectTo("test:///default")
        const events = yield* libvirt.subscribe("Lifecycle")
        const domain = yield* libvirt.domainLookupByName({ name: "test" })
        const xml = yield* libvirt.domainGetXml({ domain })
        assert.deepStrictEqual(yield* libvirt.domainLookupByUuid({ uuid: domain.uuid }), domain)
        assert.deepStrictEqual(yield* libvirt.connectListAllDomains(), [domain])
        assert.strictEqual((yield* libvirt.domainGetState({ domain })).state, "running")

        yield* libvirt.domainSuspend({ domain })
        assert.strictEqual((yield* libvirt.domainGetInfo({ domain })).state, "paused")
        yield* libvirt.domainResume({ domain })
        yield* libvirt.domainShutdown({ domain })
        yield* libvirt.domainCreate({ domain })
        yield* libvirt.domainDestroy({ domain, flags: destroyFlag.graceful })
        yield* libvirt.domainUndefine({ domain })
        assert.deepStrictEqual(yield* libvirt.connectListAllDomains(), [])

        const seen = yield* events.pipe(Stream.take(6), Stream.runCollect)
        assert.deepStrictEqual(
          seen.map((event) => event._tag === "Lifecycle" ? event.event : event._tag),
          ["suspended", "resumed", "stopped", "started", "stopped", "undefined"]
        )
        // The test driver's state lives as long as any connection: the next test may come before this one's has closed.
        yield* libvirt.domainCreate({ domain: yield* libvirt.domainDefineXml({ xml }) })
      }))

    it.effect("pins virtual CPUs", () =>
      Effect.gen(function*() {
        const libvirt = yield* connectTo("test:///default")
        const domain = yield* libvirt.domainLookupByName({ name: "test" })
        yield* libvirt.domainPinVcpu({ domain, vcpu: 1, cpuMap: cpuMapOf([2, 5], 16) })
        const pins = yield* libvirt.domainGetVcpuPins({ domain, vcpusMax: 2, mapBytes: 2 })
        assert.strictEqual(pins.count, 2)
        assert.deepStrictEqual(cpusOf(pins.cpuMaps.subarray(2, 4)), [2, 5])
      }))

    it.effect("refuses with libvirt's own numbers", () =>
      Effect.gen(function*() {
        const libvirt = yield* connectTo("test:///default")
        const missing = yield* Effect.flip(libvirt.domainLookupByUuid({ uuid }))
        assert(missing._tag === "LibvirtError" && missing.is("noDomain"))
        const malformed = yield* Effect.flip(libvirt.domainDefineXml({ xml: "<domain" }))
        assert(malformed._tag === "LibvirtError" && malformed.is("xml", "xmlDetail"), String(malformed))
        const domain = yield* libvirt.domainLookupByName({ name: "test" })
        const running = yield* Effect.flip(libvirt.domainCreate({ domain }))
        assert(running._tag === "LibvirtError" && running.is("internal"), String(running))
        assert.include(running.message, "already running")
      }))

    it.effect("carries a thousand calls", () =>
      Effect.gen(function*() {
        const libvirt = yield* connectTo("test:///default")
        const answers = yield* Effect.forEach(
          Array.from({ length: 1_000 }), () => libvirt.connectGetHostname(), { concurrency: 100 }
        )
        assert.strictEqual(new Set(answers).size, 1)
      }))
  })
})

describeLibvirt("qemu:///system", () => {
  it.layer(daemonLayer, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    it.effect("describes the host and what it can run", () =>
      Effect.gen(function*() {
        const libvirt = yield* connectTo("qemu:///system")
        assert.strictEqual(yield* libvirt.connectGetType(), "QEMU")
        const capabilities = yield* libvirt.connectGetDomainCapabilities({
          emulator: null, arch: "x86_64", machine: "q35", virtType: "qemu"
        })
        assert.include(capabilities, "<domainCapabilities>")
        const free = yield* libvirt.nodeGetCellsFreeMemory({ startCell: 0, cellsMax: 8 })
        assert.isAbove(free[0] ?? 0, 0)
      }))

    it.effect("defines, starts, asks, and removes a machine", () =>
      Effect.gen(function*() {
        const { folder } = yield* Daemon
        const libvirt = yield* connectTo("qemu:///system")
        const events = yield* libvirt.subscribe("Lifecycle")
        const domain = yield* libvirt.domainDefineXml({ xml: guestXml(folder) })
        const started = yield* libvirt.domainCreate({ domain, flags: createFlag.paused })
        assert.isAbove(started.id, 0)
        assert.strictEqual((yield* libvirt.domainGetState({ domain })).state, "paused")
        assert.include(yield* libvirt.domainGetXml({ domain }), uuid)

        const answer = yield* libvirt.qemuDomainMonitorCommand({ domain, command: `{"execute":"query-status"}` })
        assert.strictEqual(JSON.parse(answer).return.running, false)

        yield* libvirt.domainPinVcpu({ domain, vcpu: 0, cpuMap: cpuMapOf([0], 2), flags: affect.live })
        yield* libvirt.domainPinEmulator({ domain, cpuMap: cpuMapOf([0], 2), flags: affect.live })
        const emulator = yield* libvirt.domainGetEmulatorPin({ domain, mapBytes: 1, flags: affect.live })
        assert.deepStrictEqual(cpusOf(emulator.cpuMaps), [0])

        const [stats] = yield* libvirt.connectGetAllDomainStats({ domains: [domain], stats: statsType.state | statsType.vcpu })
        assert.deepInclude(byField(stats?.params ?? []), { "state.state": 3, "vcpu.current": 2 })
        assert.strictEqual((yield* libvirt.domainGetJobStats({ domain })).type, 0)
        const noJob = yield* Effect.flip(libvirt.domainAbortJob({ domain }))
        assert(noJob._tag === "LibvirtError" && noJob.is("operationInvalid"))

        yield* libvirt.domainManagedSave({ domain })
        assert.isTrue(yield* libvirt.domainHasManagedSave({ domain }))
        yield* libvirt.domainManagedSaveRemove({ domain })
        yield* libvirt.domainSetAutostart({ domain, autostart: true })
        assert.isTrue(yield* libvirt.domainGetAutostart({ domain }))
        yield* libvirt.domainUndefine({ domain, flags: undefineFlag.managedSave })
        const seen = yield* events.pipe(Stream.take(5), Stream.runCollect)
        assert.deepStrictEqual(
          seen.map((event) => event._tag === "Lifecycle" && event.event),
          ["defined", "started", "suspended", "stopped", "undefined"]
        )
      }))

    it.effect("takes a guest with every kind of device of the host as valid, and shows them as they were plugged", () =>
      Effect.gen(function*() {
        const libvirt = yield* connectTo("qemu:///system")
        const [pf, vf] = nic(0x81, 1)
        const card = (portId: string, vnicType: string, device: typeof pf, more = {}) =>
          ({ portId, networkId: "n", macAddress: `fa:16:3e:00:00:0${portId}`, mtu: 1_450, fixedIps: [], vnicType, device: device!, ...more })
        const spec = domainSpec({
          devices: [{ ...gpu(1), alias: "gpu" }],
          nics: [card("1", "direct", vf, { vlan: 7 }), card("2", "macvtap", vf, { vlan: 8 }), card("3", "direct-physical", pf)]
        })
        const xml = domainXml(spec, {
          virtType: "qemu", arch: "x86_64", nics: "none", vncListen: null, kernel: null, consoleLog: "/tmp/console.log", disks: [], mdevs: [uuid]
        })
        const domain = yield* libvirt.domainDefineXml({ xml, flags: defineFlag.validate })
        const shown = hostDevicesIn(parse(yield* libvirt.domainGetXml({ domain })))
        assert.sameMembers(shown.map(deviceKey), ["0000:01:00.0", "0000:81:00.0", uuid, "0000:81:01.0"])
        yield* libvirt.domainUndefine({ domain })
      }))

    it.effect("carries a console both ways", () =>
      Effect.gen(function*() {
        const { folder } = yield* Daemon
        const libvirt = yield* connectTo("qemu:///system")
        const domain = yield* libvirt.domainCreateXml({ xml: guestXml(folder), flags: createFlag.none })
        const consoleOf = yield* connectTo("qemu:///system")
        const stream = yield* consoleOf.openStream("domainOpenConsole", { domain, device: null })
        const text = yield* stream.read.pipe(
          Stream.decodeText(),
          Stream.scan(() => "", (seen, chunk) => seen + chunk),
          Stream.takeUntil((seen) => /SeaBIOS|iPXE|Boot/.test(seen)),
          Stream.runLast,
          Effect.timeout("20 seconds"),
          Effect.forkChild
        )
        yield* stream.write(Buffer.from("\r"))
        yield* Fiber.join(text)
        yield* libvirt.domainDestroy({ domain })
      }))

    it.effect("uploads and downloads a volume", () =>
      Effect.gen(function*() {
        const { folder } = yield* Daemon
        const libvirt = yield* connectTo("qemu:///system")
        const pool = yield* libvirt.storagePoolCreateXml({
          xml: `<pool type='dir'><name>contract</name><target><path>${folder}/disks</path></target></pool>`
        })
        const bytes = Buffer.alloc(3_000_000, "kilonova")
        const volume = yield* libvirt.storageVolumeCreateXml({
          pool, xml: `<volume><name>v</name><capacity>${bytes.length}</capacity><target><format type='raw'/></target></volume>`
        })
        yield* Effect.scoped(Effect.gen(function*() {
          const up = yield* libvirt.openStream("storageVolumeUpload", { volume, offsetBytes: 0, lengthBytes: bytes.length })
          yield* up.write(bytes)
          yield* up.finish
        }))
        assert.isTrue(bytes.equals(readFileSync(join(folder, "disks", "v"))))
        const down = yield* libvirt.openStream("storageVolumeDownload", { volume, offsetBytes: 0, lengthBytes: 0 })
        const received = yield* Stream.runCollect(down.read)
        yield* down.finish
        assert.isTrue(bytes.equals(Buffer.concat(received)))
        assert.deepInclude(yield* libvirt.storageVolumeGetInfo({ volume }), { capacityBytes: bytes.length })
        yield* libvirt.storageVolumeDelete({ volume })
        yield* libvirt.storagePoolDestroy({ pool })
      }))

    it.effect("survives the daemon's death: the service connects again and the guest is still there", () =>
      Effect.gen(function*() {
        const daemon = yield* Daemon
        const program = Effect.gen(function*() {
          const { awaitConnected, client, connection } = yield* Libvirt
          yield* awaitConnected
          const domain = yield* client.domainCreateXml({ xml: guestXml(daemon.folder), flags: createFlag.paused })
          const { ended } = yield* connection
          yield* daemon.kill
          assert.deepInclude(yield* Effect.flip(ended), { reason: "closed" })
          yield* daemon.start
          yield* awaitConnected
          assert.strictEqual((yield* client.domainGetState({ domain })).state, "paused")
          // libvirtd may still be busy taking the guest up again, and then says that it is gone while it ends it.
          yield* client.domainDestroy({ domain }).pipe(
            Effect.catchTag("LibvirtError", (error) => error.is("noDomain") ? Effect.void : Effect.fail(error))
          )
        })
        yield* program.pipe(Effect.provide(Libvirt.layer({ uri: daemon.uri("qemu:///system") })))
      }))
  })
})
