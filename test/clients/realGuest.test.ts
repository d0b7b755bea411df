/** The same client, the same commands, and a machine that is real: libvirt boots the guest that `openstack` asked for. */
import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { realDaemon } from "../drivers/libvirt/realDaemon.ts"
import { freshFolder, startCloud } from "../fixtures/cloud.ts"
import { buildGuest, describeGuest, guestCommandLine } from "../fixtures/guest/guest.ts"
import { at, text } from "../fixtures/json.ts"
import { hasProgram, requires } from "../fixtures/require.ts"
import { openstack } from "../fixtures/openstack.ts"
import type { Openstack } from "../fixtures/openstack.ts"

const guestMillisMax = 120_000

const files = (folder: string): ReadonlyArray<string> =>
  existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : []

/** Uploads kernel, ramdisk and disk, the disk naming the others. */
const upload = (client: Openstack, folder: string) =>
  Effect.gen(function*() {
    const { kernel, ramdisk } = buildGuest()
    const disk = join(folder, "disk.raw")
    writeFileSync(disk, "the disk of a guest\n".repeat(100))
    const kernelId = text(yield* client.json(`image create --disk-format aki --container-format aki --file ${kernel} kernel`), "id")
    const ramdiskId = text(yield* client.json(`image create --disk-format ari --container-format ari --file ${ramdisk} ramdisk`), "id")
    const properties = [`kernel_id=${kernelId}`, `ramdisk_id=${ramdiskId}`, `os_command_line=${guestCommandLine}`]
    const flags = properties.flatMap((property) => ["--property", property])
    yield* client.once(
      "image", "create", "--disk-format", "raw", "--container-format", "bare", "--file", disk, ...flags, "linux"
    )
  })

/** Asks for the console until the guest has said it. */
const says = (client: Openstack, words: string) =>
  client.run("console log show real").pipe(
    Effect.repeat({ until: (log) => log.includes(words) }),
    Effect.timeoutOrElse({
      duration: guestMillisMax,
      orElse: () => Effect.flatMap(client.run("console log show real"), (log) =>
        Effect.fail(new Error(`The guest has not said "${words}":\n${log.slice(-2000)}`)))
    })
  )

const reaches = (client: Openstack, status: string) =>
  client.json("server show real").pipe(
    Effect.repeat({ until: (server) => at(server, "status") === status }),
    Effect.timeout(guestMillisMax)
  )

const describeBoth = hasProgram("openstack")
  ? describeGuest
  : requires("the openstack client", {
    present: () => false,
    install: "apt-get install --no-install-recommends python3-openstackclient"
  })

describeBoth("a real guest, by the openstack client", () => {
  it.live("boots, outlives kill -9 of its cloud, obeys stop, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const daemon = yield* realDaemon
      const dataDir = join(yield* freshFolder, "data")
      const args = ["--driver", "libvirt", "--libvirt-uri", daemon.uri("qemu:///system"), "--virt-type", "qemu"]
      const cloud = yield* startCloud({ dataDir, args })
      const client = yield* openstack(cloud)
      yield* upload(client, yield* freshFolder)
      yield* client.json("flavor create --ram 96 --disk 1 --vcpus 1 guest")
      const server = yield* client.json("server create --wait --image linux --flavor guest --network private real")
      assert.strictEqual(at(server, "status"), "ACTIVE")
      assert.match(yield* says(client, "guest: ready"), /Linux version \d/)

      yield* cloud.kill("SIGKILL")
      const again = yield* openstack(yield* startCloud({ dataDir, args }))
      assert.strictEqual(at(yield* again.json("server show real"), "status"), "ACTIVE")
      assert.strictEqual((yield* again.run("console log show real")).match(/Linux version/g)?.length, 1)

      yield* again.run("server stop real")
      yield* reaches(again, "SHUTOFF")
      assert.include(yield* again.run("console log show real"), "guest: power button")

      const id = text(server, "id")
      assert.isTrue(files(dataDir).some((file) => file.includes(id)))
      yield* again.run("server delete --wait real")
      assert.deepStrictEqual(files(dataDir).filter((file) => file.includes(id)), [])
      assert.deepStrictEqual(files(join(daemon.folder, "etc", "qemu")).filter((file) => file.endsWith(".xml")), [])
    }), 300_000)
})
