/** A Linux guest, from image to nothing left: what a user of the cloud would see, through the driver alone. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Stream } from "effect"
import type { DomainSpec, Driver } from "../../../src/drivers/Driver.ts"
import { connect, domainByUuid } from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { all, first, parse } from "../../../src/drivers/libvirt/xml.ts"
import { buildGuest, describeGuest, guestCommandLine, guestNeeds } from "../../fixtures/guest/guest.ts"
import { requires } from "../../fixtures/require.ts"
import { connectedHost } from "./connectedHost.ts"
import { domainSpec, imageSource } from "./domainSpec.ts"
import { realDaemon } from "./realDaemon.ts"

const isReady = "guest: ready"

/** Waits until the guest has booted that many times. */
const booted = (driver: Driver, id: string, times: number) =>
  Effect.gen(function*() {
    while ((yield* driver.consoleLog(id)).split(isReady).length <= times) yield* Effect.sleep("100 millis")
  }).pipe(
    Effect.timeoutOrElse({
      duration: "60 seconds",
      orElse: () =>
        Effect.flatMap(driver.consoleLog(id), (log) => Effect.die(`no "${isReady}" number ${times} on the console:\n${log.slice(-2_000)}`))
    })
  )

const serverOf = (folder: string) => {
  const { kernel, ramdisk } = buildGuest()
  const image = join(folder, "image.raw")
  writeFileSync(image, "the image of a guest")
  return domainSpec({
    displayName: "real guest",
    memoryMb: 96,
    image: imageSource({
      path: image, diskFormat: "raw", kernelPath: kernel, ramdiskPath: ramdisk,
      properties: { os_command_line: guestCommandLine }
    }),
    nics: [{
      portId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", networkId: "11111111-2222-3333-4444-555555555555",
      macAddress: "fa:16:3e:00:00:01", mtu: 1_450, fixedIps: ["10.0.0.5/24"]
    }]
  })
}

describeGuest("a real guest", () => {
  it.live("boots from its image, sleeps, wakes, obeys the power button, and leaves nothing", () =>
    Effect.gen(function*() {
      const daemon = yield* realDaemon
      const instances = join(daemon.folder, "disks")
      const spec = serverOf(daemon.folder)
      const { id } = spec
      const call = { epoch: 1 }
      const { driver } = yield* connectedHost({
        uri: daemon.uri("qemu:///system"), folder: instances, hostIp: "127.0.0.1", virtType: "auto", softRebootGrace: "30 seconds"
      })
      const events = yield* driver.events.pipe(
        Stream.filter((event) => event.id === id),
        Stream.map(({ power, reason }) => `${power} ${reason}`),
        Stream.takeUntil((event) => event === "shutdown shutdown"),
        Stream.runCollect,
        Effect.forkScoped
      )

      yield* driver.spawn(spec, call)
      yield* booted(driver, id, 1)
      const log = yield* driver.consoleLog(id)
      assert.match(log, /Linux version \d/)
      assert.include(log, `Command line: ${guestCommandLine}`)
      assert.include(log, "DMI: Kilonova OpenStack Compute")
      assert.include(log, "guest: disk the image of a guest sectors 2097152")
      assert.include(log, "guest: card fa:16:3e:00:00:01")

      yield* driver.suspend(id, call)
      assert.deepStrictEqual(yield* driver.list, [{ id, power: "suspended" }])
      yield* driver.resume(spec, call)
      assert.deepStrictEqual(yield* driver.list, [{ id, power: "running" }])

      // The button, not the plug: the guest says so itself, and libvirt saw it go by its own will.
      yield* driver.powerOff(id, Duration.seconds(30), call)
      assert.include(yield* driver.consoleLog(id), "guest: power button")
      assert.deepStrictEqual(yield* driver.list, [{ id, power: "shutdown" }])
      assert.deepStrictEqual((yield* Fiber.join(events)).at(-1), "shutdown shutdown")

      yield* driver.powerOn(spec, call)
      yield* booted(driver, id, 2)
      yield* driver.reboot(spec, "soft", call)
      yield* booted(driver, id, 3)

      yield* driver.destroy(id, call)
      assert.deepStrictEqual(yield* driver.list, [])
      assert.isFalse(existsSync(join(instances, id)))
      assert.deepStrictEqual(readdirSync(join(instances, "_base")), [])
      const libvirt = yield* connect({ uri: daemon.uri("qemu:///system") })
      assert.deepStrictEqual(yield* libvirt.connectListAllDomains(), [])
    }), 180_000)
})

/** Two CPUs, each on the host CPU of the other's number, and 96 MiB of the host's first NUMA node. */
const pinnedOn = (spec: DomainSpec, hugePageKb: number | null): DomainSpec => ({
  ...spec,
  vcpus: 2,
  cpuTopology: { sockets: 1, cores: 1, threads: 2 },
  numa: {
    cells: [{ cpus: [0, 1], memoryMb: spec.memoryMb, hostCell: 0, hugePageKb }],
    pins: [{ cpu: 0, hostCpus: [1] }, { cpu: 1, hostCpus: [0] }],
    emulatorCpus: [0],
    realtimeCpus: []
  }
})

/** Where each thread of a process may run, by the thread's name. */
const affinities = (pid: number): ReadonlyMap<string, string> =>
  new Map(readdirSync(`/proc/${pid}/task`).map((thread) => {
    const of = (file: string) => readFileSync(`/proc/${pid}/task/${thread}/${file}`, "utf8")
    return [of("comm").trim(), /Cpus_allowed_list:\s*(\S+)/.exec(of("status"))?.[1] ?? ""]
  }))

const pidOf = (folder: string, { name }: DomainSpec): number =>
  Number(readFileSync(join(folder, "run", "qemu", `${name}.pid`), "utf8"))

/** Boots it, and gives what libvirt and the kernel say of it. */
const running = Effect.fnUntraced(function*(hugePageKb: number | null) {
  const daemon = yield* realDaemon
  const spec = pinnedOn(serverOf(daemon.folder), hugePageKb)
  const { driver } = yield* connectedHost({
    uri: daemon.uri("qemu:///system"), folder: join(daemon.folder, "disks"), hostIp: "127.0.0.1", virtType: "qemu"
  })
  yield* driver.spawn(spec, { epoch: 1 })
  yield* booted(driver, spec.id, 1)
  const libvirt = yield* connect({ uri: daemon.uri("qemu:///system") })
  const domain = domainByUuid(spec.id)
  return {
    log: yield* driver.consoleLog(spec.id),
    xml: parse(yield* libvirt.domainGetXml({ domain })),
    pins: yield* libvirt.domainGetVcpuPins({ domain, vcpusMax: 2, mapBytes: 1 }),
    threads: affinities(pidOf(daemon.folder, spec)),
    destroy: driver.destroy(spec.id, { epoch: 1 })
  }
})

const attributesOf = (xml: ReturnType<typeof parse>, ...path: ReadonlyArray<string>) => all(xml, ...path).map(({ attributes }) => attributes)

const hasTwoCpus = {
  ...guestNeeds,
  present: () => guestNeeds.present() && ["0", "1"].every((cpu) => existsSync(`/sys/devices/system/cpu/cpu${cpu}`))
}
requires("libvirt with QEMU, as root, and two CPUs to pin a guest to", hasTwoCpus)("a pinned guest", () => {
  it.live("runs each of its CPUs where it was pinned, and sees its topology", () =>
    Effect.gen(function*() {
      const { destroy, log, pins, threads, xml } = yield* running(null)
      assert.include(log, "guest: cpus 2")
      assert.deepStrictEqual([...pins.cpuMaps].slice(0, 2), [0b10, 0b01])
      assert.deepStrictEqual([threads.get("CPU 0/TCG"), threads.get("CPU 1/TCG")], ["1", "0"])
      assert.deepStrictEqual(attributesOf(xml, "cputune", "vcpupin"), [{ vcpu: "0", cpuset: "1" }, { vcpu: "1", cpuset: "0" }])
      assert.deepStrictEqual(attributesOf(xml, "cputune", "emulatorpin"), [{ cpuset: "0" }])
      assert.deepStrictEqual(attributesOf(xml, "numatune", "memnode"), [{ cellid: "0", mode: "strict", nodeset: "0" }])
      const { cores, sockets, threads: perCore } = first(xml, "cpu", "topology")!.attributes
      assert.deepStrictEqual([sockets, cores, perCore], ["1", "1", "2"])
      yield* destroy
    }), 120_000)
})

const hugePagesFile = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
const pagesNow = () => Number(readFileSync(hugePagesFile, "utf8"))
const reserve = (count: number) => {
  writeFileSync(hugePagesFile, String(count))
  return pagesNow() >= count
}
const guestPages = 48
const hasHugePages = {
  ...guestNeeds,
  install: `echo ${guestPages} > ${hugePagesFile}`,
  present: () => {
    if (!hasTwoCpus.present() || !existsSync(hugePagesFile)) return false
    const before = pagesNow()
    try {
      return reserve(before + guestPages)
    } catch {
      return false
    } finally {
      writeFileSync(hugePagesFile, String(before))
    }
  }
}
requires("libvirt with QEMU, as root, and 2 MiB pages to reserve", hasHugePages)("a guest on huge pages", () => {
  it.live("has all its memory in them", () =>
    Effect.gen(function*() {
      const before = yield* Effect.acquireRelease(
        Effect.sync(() => {
          const found = pagesNow()
          reserve(found + guestPages)
          return found
        }),
        (found) => Effect.sync(() => writeFileSync(hugePagesFile, String(found)))
      )
      assert.isAtLeast(pagesNow(), before + guestPages)
      const { destroy, xml } = yield* running(2048)
      assert.deepStrictEqual(attributesOf(xml, "memoryBacking", "hugepages", "page"), [{ size: "2048", unit: "KiB", nodeset: "0" }])
      const free = Number(readFileSync(hugePagesFile.replace("nr_", "free_"), "utf8"))
      assert.isBelow(free, pagesNow())
      yield* destroy
    }), 120_000)
})
