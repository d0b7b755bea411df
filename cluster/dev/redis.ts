/** The store: the system's own `redis-server`, on loopback, with a password and a folder of its own. */
import { spawnSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { connect } from "node:net"
import type { Command } from "./Child.ts"
import { printer } from "./output.ts"

const pollMillis = 20
/** What it says at every start; the last is about this machine's settings. */
const usual = /# (Reading config|oO0|Redis version|Configuration loaded|Server initialized)|overcommit_memory/

export const missing = `There is no redis-server on this machine; Kilonova needs 7.0 or newer. Install the system's:
  Debian, Ubuntu:  sudo apt-get install redis-server
  Fedora, RHEL:    sudo dnf install redis
  macOS:           brew install redis
The service that some of these start is not used; it may be stopped: sudo systemctl disable --now redis-server`

export const isInstalled = (): boolean => spawnSync("redis-server", ["--version"]).status === 0

const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`

export interface Redis {
  readonly port: number
  readonly password: string
  readonly dir: string
}

/** Settings go through standard input: passwords are not for lists of processes. */
export const command = ({ dir, password, port }: Redis): Command => {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  return {
    name: "redis",
    args: ["redis-server", "-"],
    input: [
      `port ${port}`, "bind 127.0.0.1", `requirepass ${password}`, `dir ${quote(dir)}`,
      // What was acknowledged is on the disk; memory is never made free by forgetting.
      "appendonly yes", "appendfsync always", `save ""`, "maxmemory-policy noeviction",
      "loglevel warning", "daemonize no", ""
    ].join("\n"),
    print: printer("redis"),
    onLine: (line) => usual.test(line)
  }
}

const answers = ({ password, port }: Redis): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    let text = ""
    socket.setEncoding("utf8").on("data", (more) => {
      text += more
      if (text.split("\r\n").length > 2) socket.destroy()
    })
    socket.on("error", () => undefined).on("close", () => resolve(text.includes("+PONG")))
    socket.write(`AUTH ${password}\r\nPING\r\n`)
  })

/** Waits until it has read its files. */
export const ready = async (redis: Redis, isStopping: () => boolean): Promise<void> => {
  while (!isStopping() && !(await answers(redis))) await new Promise((resolve) => setTimeout(resolve, pollMillis))
}
