/**
 * A libvirtd of its own for one test file.
 *
 * Its paths are compiled in, so it gets a mount namespace where they are folders of the test: several run side by side
 * and none touches the machine's own libvirt. Probing QEMU takes seconds the first time, so only the cache is shared.
 */
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { hasProgram, requires } from "../../fixtures/require.ts"

const libvirtdConf = (tcpPort: number | undefined): string => `
auth_unix_rw = "none"
unix_sock_rw_perms = "0700"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
host_uuid = "${randomUUID()}"
` + (tcpPort === undefined ? "" : `
listen_tls = 0
listen_tcp = 1
listen_addr = "127.0.0.1"
tcp_port = "${tcpPort}"
auth_tcp = "none"
`)

const qemuConf = `
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
`

export const describeLibvirt = requires("libvirt with QEMU, as root", {
  present: () => process.getuid?.() === 0 && ["libvirtd", "qemu-system-x86_64", "unshare"].every(hasProgram),
  install: "apt-get install --no-install-recommends libvirt-daemon libvirt-daemon-driver-qemu qemu-system-x86 qemu-utils"
})

export interface RealDaemon {
  /** Folder of the test, for disks and consoles too; removed with the scope. */
  readonly folder: string
  readonly uri: (driver: "qemu:///system" | "test:///default") => string
  /** Over TCP; for daemons started with a port. */
  readonly tcpUri: string
  /** Ends the daemon without warning; guests live on. */
  readonly kill: Effect.Effect<void>
  readonly start: Effect.Effect<void>
}

const binds = ["run", "lib", "log", "etc"] as const
const targets = { run: "/run/libvirt", lib: "/var/lib/libvirt", log: "/var/log/libvirt", etc: "/etc/libvirt" } as const

const script = (folder: string, cache: string, options: string): string =>
  [
    "set -e",
    "mount --make-rprivate /",
    ...binds.map((name) => `mkdir -p ${targets[name]}; mount --bind ${folder}/${name} ${targets[name]}`),
    // libvirt finds by itself where pages of guests are to be had; kernels without them have none to mount.
    `mkdir -p ${folder}/pages; mount -t hugetlbfs hugetlbfs ${folder}/pages 2>/dev/null || true`,
    `mkdir -p /var/cache/libvirt; mount --bind ${cache} /var/cache/libvirt`,
    `exec libvirtd ${options} -f /etc/libvirt/libvirtd.conf -p /run/libvirt/libvirtd.pid`
  ].join("\n")

const readPid = (file: string): number | undefined => {
  try {
    return Number(readFileSync(file, "utf8")) || undefined
  } catch {
    return undefined
  }
}

const signal = (pid: number | undefined, name: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(pid, name)
  } catch {
    // It is gone already.
  }
}

/** Guests outlive their daemon, also those a failed test left. */
const guestPidFiles = (folder: string): ReadonlyArray<string> => {
  const states = join(folder, "run", "qemu")
  if (!existsSync(states)) return []
  return readdirSync(states).filter((name) => name.endsWith(".pid") && name !== "driver.pid").map((name) => join(states, name))
}

/** Starts a daemon; the scope's end kills it. Real time passes: use with `it.live`. */
export const realDaemonOn = (tcpPort?: number) => Effect.acquireRelease(
  Effect.gen(function*() {
    const folder = mkdtempSync(join(tmpdir(), "kilonova-libvirt-"))
    const cache = join(tmpdir(), "kilonova-libvirt-cache")
    for (const name of [...binds, "disks"]) mkdirSync(join(folder, name), { recursive: true })
    mkdirSync(cache, { recursive: true })
    writeFileSync(join(folder, "etc", "libvirtd.conf"), libvirtdConf(tcpPort))
    writeFileSync(join(folder, "etc", "qemu.conf"), qemuConf)
    const socket = join(folder, "run", "libvirt-sock")
    const pidFile = join(folder, "run", "libvirtd.pid")

    const start = Effect.gen(function*() {
      rmSync(socket, { force: true })
      spawn("unshare", ["-m", "sh", "-c", script(folder, cache, tcpPort === undefined ? "" : "--listen")], { stdio: "ignore", detached: true }).unref()
      for (let tries = 0; tries < 150 && !existsSync(socket); tries++) yield* Effect.sleep("100 millis")
    })
    const kill = Effect.sync(() => signal(readPid(pidFile), "SIGKILL"))
    yield* start
    const uri: RealDaemon["uri"] = (driver) => driver.replace("://", "+unix://") + `?socket=${socket}`
    return { folder, uri, tcpUri: `qemu+tcp://127.0.0.1:${tcpPort ?? 0}/system`, kill, start } satisfies RealDaemon
  }),
  ({ folder, kill }) =>
    Effect.andThen(
      kill,
      Effect.sync(() => {
        for (const pidFile of guestPidFiles(folder)) signal(readPid(pidFile), "SIGKILL")
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      })
    )
)

export const realDaemon = realDaemonOn()
