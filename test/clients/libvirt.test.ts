/** The unmodified `openstack` client, and machines that are real: what it asks for, QEMU runs under a libvirt of the test's own. */
import { readdirSync, writeFileSync } from "node:fs"
import { cpus, hostname, totalmem } from "node:os"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schedule, Scope } from "effect"
import { connect, domainByUuid } from "../../src/drivers/libvirt/node-libvirt/index.ts"
import { realDaemon } from "../drivers/libvirt/realDaemon.ts"
import type { RealDaemon } from "../drivers/libvirt/realDaemon.ts"
import { freshFolder, startCloud } from "../fixtures/cloud.ts"
import type { Cloud } from "../fixtures/cloud.ts"
import { buildGuest, guestCommandLine, guestGoesOff, guestNeeds } from "../fixtures/guest/guest.ts"
import { at, items, text } from "../fixtures/json.ts"
import { clientNeeds, openstack } from "../fixtures/openstack.ts"
import type { Openstack } from "../fixtures/openstack.ts"
import { requires } from "../fixtures/require.ts"

const eventMillisMax = 90_000

/** Translation is slow and the machine shared: asks a few times a second until it is so. */
const eventually = <A>(what: string, ask: Effect.Effect<A, Error>, isSo: (answer: A) => boolean): Effect.Effect<A, Error> =>
  ask.pipe(
    Effect.repeat({ until: isSo, schedule: Schedule.spaced("250 millis") }),
    Effect.timeoutOrElse({
      duration: eventMillisMax,
      orElse: () => Effect.flatMap(ask, (last) =>
        Effect.fail(new Error(`${what}: still ${typeof last === "string" ? last.slice(-2_000) : JSON.stringify(last)}`)))
    }),
    Effect.filterOrFail(isSo, () => new Error(what))
  )

/** A cloud over this daemon, and a client that looks at it. */
const started = (daemon: RealDaemon, dataDir: string) =>
  Effect.gen(function*() {
    const args = ["--driver", "libvirt", "--libvirt-uri", daemon.uri("qemu:///system")]
    const cloud = yield* startCloud({ dataDir, args })
    return { cloud, client: yield* openstack(cloud) }
  })

interface Running {
  readonly cloud: Cloud
  readonly client: Openstack
}

class World extends Context.Service<World, {
  readonly daemon: RealDaemon
  /** For what the tests upload. */
  readonly folder: string
  readonly dataDir: string
  readonly now: () => Running
  /** Starts the cloud again on what the last one left. */
  readonly restart: Effect.Effect<void, Error>
}>()("test/World") {
  static readonly layer = Layer.effect(World, Effect.gen(function*() {
    const scope = yield* Effect.scope
    const daemon = yield* realDaemon
    const [folder, dataDir] = [yield* freshFolder, yield* freshFolder]
    let running = yield* started(daemon, dataDir)
    const restart = started(daemon, dataDir).pipe(
      Effect.tap((next) => Effect.sync(() => running = next)),
      Effect.asVoid,
      Scope.provide(scope)
    )
    return { daemon, folder, dataDir, now: () => running, restart }
  }))
}

const reaches = ({ json }: Openstack, name: string, status: string) =>
  eventually(`server ${name} is ${status}`, json(`server show ${name}`), (server) =>
    at(server, "status") === status && at(server, "OS-EXT-STS:task_state") === null)

const times = (text: string, words: string): number => text.split(words).length - 1

/** Waits until the console has these words so many times, and answers all of it. */
const says = ({ run }: Openstack, name: string, words: string, count = 1) =>
  eventually(`${name} says "${words}" ${count} times`, run(`console log show ${name}`), (log) => times(log, words) >= count)

const hostIs = ({ json }: Openstack, state: string) =>
  eventually(`the host is ${state}`, json("compute service list --service nova-compute"), (rows) =>
    at(rows, "0.State") === state)

const onLibvirt = <A, E>(daemon: RealDaemon, act: (client: Effect.Success<ReturnType<typeof connect>>) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(connect({ uri: daemon.uri("qemu:///system") }), act))

const domains = (daemon: RealDaemon) =>
  onLibvirt(daemon, (libvirt) => Effect.map(libvirt.connectListAllDomains(), (all) => all.map(({ name }) => name).sort()))

/** What nobody but libvirt is told. */
const pullThePlug = (daemon: RealDaemon, id: string) =>
  onLibvirt(daemon, (libvirt) => libvirt.domainDestroy({ domain: domainByUuid(id) }))

/** Every file of guests but the two that are the host's own. */
const filesOf = (dataDir: string) =>
  readdirSync(join(dataDir, "guests"), { recursive: true }).map(String).filter((name) => !["_base", "epoch", "hostname"].includes(name))

const describeGuests = requires("libvirt with QEMU, as root, and the openstack client", {
  present: () => guestNeeds.present() && clientNeeds.present(),
  install: `${guestNeeds.install} python3-openstackclient`
})

describeGuests("real guests by the openstack client", () => {
  layer(World.layer, { excludeTestServices: true, timeout: "90 seconds" })((it) => {
    const test = (name: string, act: (world: World["Service"]) => Effect.Effect<void, unknown>) =>
      it.effect(name, () => Effect.flatMap(World, act), 120_000)

    test("the host tells the truth about the machine", ({ now }) =>
      Effect.gen(function*() {
        const { client } = now()
        yield* hostIs(client, "up")
        const [row, ...others] = items(yield* client.json("hypervisor list"))
        assert.deepStrictEqual(others, [])
        assert.deepInclude(row, { "Hypervisor Hostname": hostname(), "Hypervisor Type": "QEMU", State: "up" })
        const shown = yield* client.json(`hypervisor show ${hostname()}`)
        assert.strictEqual(at(shown, "vcpus"), cpus().length)
        // Not all of it: a balloon or a kernel without NUMA may keep memory from its nodes.
        const memoryMb = Number(at(shown, "memory_mb"))
        assert.isTrue(memoryMb > 0 && memoryMb <= totalmem() / 1024 ** 2, `${memoryMb} MiB`)
        assert.strictEqual(at(shown, "running_vms"), 0)
      }))

    test("an uploaded disk image boots, on a disk of the flavor's size", ({ daemon, folder, now }) =>
      Effect.gen(function*() {
        const { client } = now()
        const { disk, kernel, ramdisk } = buildGuest()
        yield* client.run(`image create --disk-format qcow2 --container-format bare --file ${disk} linux`)
        yield* client.json("flavor create --ram 96 --disk 2 guest")
        const server = yield* client.json("server create --wait --image linux --flavor guest --network private web")
        assert.strictEqual(at(server, "status"), "ACTIVE")
        assert.deepStrictEqual(yield* domains(daemon), [at(server, "OS-EXT-SRV-ATTR:instance_name")])

        // The next test's guest boots beside this one.
        const empty = join(folder, "empty.raw")
        writeFileSync(empty, "nothing to boot from")
        const kernelId = text(yield* client.json(`image create --disk-format aki --container-format aki --file ${kernel} kernel`), "id")
        const ramdiskId = text(yield* client.json(`image create --disk-format ari --container-format ari --file ${ramdisk} ramdisk`), "id")
        const properties = [`kernel_id=${kernelId}`, `ramdisk_id=${ramdiskId}`, `os_command_line=${guestCommandLine} ${guestGoesOff}`]
        yield* client.once(
          "image", "create", "--disk-format", "raw", "--container-format", "bare", "--file", empty,
          ...properties.flatMap((property) => ["--property", property]), "goes-off"
        )
        yield* client.json("server create --image goes-off --flavor guest --network private brief")

        const log = yield* says(client, "web", "guest: ready")
        assert.match(log, /Linux version \d/)
        assert.include(log, `sectors ${2 * 1024 ** 3 / 512}`)
        const address = /10\.0\.\d+\.\d+/.exec(JSON.stringify(at(server, "addresses")))
        const ports = items(yield* client.json("port list --server web"))
        assert.include(log, `guest: card ${text(ports[0], "MAC Address")}`)
        assert.include(JSON.stringify(ports), address![0])
        // The kernel may have had a last word after the guest's own.
        const end = (yield* client.run("console log show --lines 2 web")).trim().split("\n")
        assert.isAtMost(end.length, 2)
        const whole = yield* client.run("console log show web")
        assert.include(whole.slice(-400), end[0]!.trim())
      }))

    test("a kernel image boots, and a guest that switches itself off is SHUTOFF until it is started", ({ now }) =>
      Effect.gen(function*() {
        const { client } = now()
        yield* reaches(client, "brief", "SHUTOFF")
        assert.include(yield* client.run("console log show brief"), "guest: going off")
        yield* client.run("server start brief")
        yield* says(client, "brief", "Linux version", 2)
        yield* reaches(client, "brief", "SHUTOFF")
        yield* client.run("server delete --wait brief")
      }))

    test("pauses, sleeps and wakes without a boot; reboots by its button", ({ now }) =>
      Effect.gen(function*() {
        const { client } = now()
        for (const [command, status] of [
          ["pause", "PAUSED"], ["unpause", "ACTIVE"], ["suspend", "SUSPENDED"], ["resume", "ACTIVE"]
        ] as const) {
          yield* client.run(`server ${command} web`)
          yield* reaches(client, "web", status)
        }
        assert.strictEqual(times(yield* client.run("console log show web"), "Linux version"), 1)
        yield* client.run("server reboot --soft web")
        assert.include(yield* says(client, "web", "guest: ready", 2), "guest: power button")
        yield* reaches(client, "web", "ACTIVE")
      }))

    test("a guest outlives kill -9 of its cloud, is adopted, and obeys the power button", ({ now, restart }) =>
      Effect.gen(function*() {
        yield* now().cloud.kill("SIGKILL")
        yield* restart
        const { client } = now()
        yield* reaches(client, "web", "ACTIVE")
        const log = yield* client.run("console log show web")
        assert.deepStrictEqual([times(log, "guest: ready"), times(log, "guest: power button")], [2, 1])
        yield* client.run("server stop web")
        yield* reaches(client, "web", "SHUTOFF")
        assert.strictEqual(times(yield* client.run("console log show web"), "guest: power button"), 2)
      }))

    test("a guest that ended while the cloud was down is SHUTOFF after it, and starts though its image is gone", ({ daemon, now, restart }) =>
      Effect.gen(function*() {
        yield* now().client.run("server start web")
        const id = text(yield* reaches(now().client, "web", "ACTIVE"), "id")
        yield* now().client.run("image delete linux")
        yield* now().cloud.kill("SIGKILL")
        yield* pullThePlug(daemon, id)
        yield* restart
        const { client } = now()
        yield* reaches(client, "web", "SHUTOFF")
        yield* client.run("server start web")
        yield* reaches(client, "web", "ACTIVE")
      }))

    test("libvirtd may be started anew: guests live, and what they do is seen again", ({ daemon, now }) =>
      Effect.gen(function*() {
        const { client } = now()
        yield* daemon.kill
        yield* hostIs(client, "down")
        const id = text(yield* reaches(client, "web", "ACTIVE"), "id")
        yield* daemon.start
        yield* hostIs(client, "up")
        yield* reaches(client, "web", "ACTIVE")
        yield* pullThePlug(daemon, id)
        yield* reaches(client, "web", "SHUTOFF")
      }))

    test("an image that is no disk ends in ERROR with the reason, one that boots nothing is ACTIVE all the same", ({ folder, now }) =>
      Effect.gen(function*() {
        const { client } = now()
        const noise = join(folder, "noise")
        writeFileSync(noise, "neither header nor boot sector\n".repeat(1_000))
        for (const format of ["qcow2", "raw"]) {
          yield* client.run(`image create --disk-format ${format} --container-format bare --file ${noise} noise-${format}`)
          yield* client.run(`server create --image noise-${format} --flavor guest --network private noise-${format}`)
        }
        const refused = yield* reaches(client, "noise-qcow2", "ERROR")
        assert.match(text(refused, "fault.message"), /^image \S+ is not a readable qcow2 image$/)
        yield* reaches(client, "noise-raw", "ACTIVE")
        yield* client.run("server reboot --hard noise-raw")
        yield* reaches(client, "noise-raw", "ACTIVE")
        yield* client.run("server delete --wait noise-raw")
        // The client takes the ERROR it still sees for the end of its waiting.
        yield* client.run("server delete noise-qcow2")
      }))

    test("delete leaves no domain and no file, whatever the server does", ({ daemon, dataDir, now }) =>
      Effect.gen(function*() {
        const { client } = now()
        const states = ["running", "paused", "suspended"]
        for (const name of states) yield* client.run(`server create --image tiny --flavor guest --network private ${name}`)
        for (const name of states) yield* reaches(client, name, "ACTIVE")
        yield* says(client, "running", "Kilonova: this server runs.")
        yield* client.run("server pause paused")
        yield* client.run("server suspend suspended")
        yield* reaches(client, "paused", "PAUSED")
        yield* reaches(client, "suspended", "SUSPENDED")
        assert.strictEqual((yield* domains(daemon)).length, 4)
        yield* client.run(`server delete web ${states.join(" ")}`)
        yield* eventually("no server is left", client.json("server list"), (rows) => items(rows).length === 0)
        assert.deepStrictEqual(yield* domains(daemon), [])
        assert.deepStrictEqual(filesOf(dataDir), [])
      }))

    test("without libvirtd the cloud starts at once, says what it waits for, and works when it comes", ({ daemon, now }) =>
      Effect.gen(function*() {
        yield* now().cloud.kill("SIGTERM")
        yield* daemon.kill
        const { client, cloud } = yield* started(daemon, yield* freshFolder)
        assert.match(cloud.stderr(), /libvirt at \S+ does not answer: .*libvirt-sock/)
        yield* hostIs(client, "down")
        assert.deepInclude(items(yield* client.json("hypervisor list"))[0], { "Hypervisor Hostname": hostname(), State: "down" })
        yield* client.run("server create --image tiny --flavor m1.tiny --network private early")
        const early = yield* reaches(client, "early", "ERROR")
        assert.strictEqual(at(early, "fault.message"), "No valid host was found. ComputeFilter refused 1 of 1.")
        assert.include(text(early, "fault.details"), "its compute service is down")

        yield* daemon.start
        yield* hostIs(client, "up")
        yield* client.run("server create --image tiny --flavor m1.tiny --network private late")
        yield* reaches(client, "late", "ACTIVE")
        yield* says(client, "late", "Kilonova: this server runs.")
        yield* client.run("server delete early")
        yield* client.run("server delete --wait late")
        assert.deepStrictEqual(yield* domains(daemon), [])
        assert.deepStrictEqual(filesOf(cloud.dataDir), [])
      }).pipe(Effect.scoped))
  })
})
