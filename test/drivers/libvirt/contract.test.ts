/** The suite of every driver, over libvirt and real guests: slow, but nothing in it is pretended. */
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import type { DomainSpec, Driver } from "../../../src/drivers/Driver.ts"
import { connect, domainByUuid } from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { buildGuest, describeGuest, guestCommandLine } from "../../fixtures/guest/guest.ts"
import { driverContract, type Subject } from "../contract.ts"
import { connectedHost } from "./connectedHost.ts"
import { domainSpec, imageSource } from "./domainSpec.ts"
import { realDaemon, type RealDaemon } from "./realDaemon.ts"

const scope = Scope.makeUnsafe()
let daemon: RealDaemon
let folders = 0

const specOf = (folder: string): DomainSpec => {
  const { kernel, ramdisk } = buildGuest()
  const image = join(folder, "image.raw")
  writeFileSync(image, "the image of a guest")
  return domainSpec({
    memoryMb: 96,
    image: imageSource({
      path: image, diskFormat: "raw", kernelPath: kernel, ramdiskPath: ramdisk,
      properties: { os_command_line: guestCommandLine }
    })
  })
}

/** Presses the power button behind the driver's back, once somebody is there to hear it. */
const powerOffFromWithin = (driver: Driver) => ({ id }: DomainSpec) =>
  Effect.gen(function*() {
    while (!(yield* driver.consoleLog(id)).includes("guest: ready")) yield* Effect.sleep("100 millis")
    const libvirt = yield* connect({ uri: daemon.uri("qemu:///system") })
    yield* libvirt.qemuDomainMonitorCommand({ domain: domainByUuid(id), command: `{"execute":"system_powerdown"}` })
  }).pipe(Effect.scoped)

const leftovers = (folder: string) => ({ id }: DomainSpec) =>
  Effect.gen(function*() {
    const libvirt = yield* connect({ uri: daemon.uri("qemu:///system") })
    const domains = yield* libvirt.connectListAllDomains()
    return [
      ...domains.filter(({ uuid }) => uuid === id).map(({ name }) => `domain ${name}`),
      ...readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.includes(id)),
      ...readdirSync(join(folder, "_base"))
    ]
  }).pipe(Effect.scoped)

/** Each test has its own folder, as each epoch belongs to one. */
const make = Effect.gen(function*() {
  const folder = join(daemon.folder, "disks", String(folders++))
  const { driver } = yield* connectedHost({
    uri: daemon.uri("qemu:///system"), folder, hostIp: "127.0.0.1", hostname: "contract", virtType: "qemu",
    vncListen: null, softRebootGrace: "15 seconds"
  })
  return {
    driver,
    spec: () => specOf(daemon.folder),
    printed: () => "Linux version",
    powerOffFromWithin: powerOffFromWithin(driver),
    leftovers: leftovers(folder)
  } satisfies Subject
})

driverContract("libvirt", make, {
  settle: "30 seconds",
  grace: "15 seconds",
  timeoutMillis: 90_000,
  describe: (name, suite) =>
    describeGuest(name, () => {
      beforeAll(async () => {
        buildGuest()
        daemon = await Effect.runPromise(Scope.provide(realDaemon, scope))
      }, 120_000)
      afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
      suite()
    })
})
