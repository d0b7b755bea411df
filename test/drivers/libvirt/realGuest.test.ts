/** A Linux guest, from image to nothing left: what a user of the cloud would see, through the driver alone. */
import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Stream } from "effect"
import type { Driver } from "../../../src/drivers/Driver.ts"
import { connect } from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { buildGuest, describeGuest, guestCommandLine } from "../../fixtures/guest/guest.ts"
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
