/** The command lines of a cluster's processes. Passwords go by the environment, which other users cannot read. */
import { execFile } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import engine from "../engine.json" with { type: "json" }
import type { Command } from "./Child.ts"
import type { Folder } from "./folder.ts"
import { counted, printer } from "./output.ts"

const quietMillis = 300
const outputBytesMax = 16 * 1024 ** 2

export const root = resolve(import.meta.dirname, "..", "..")

export interface Place {
  readonly url: string
  readonly port: number
  readonly runnerPort: number
}

export interface Plan {
  readonly folder: Folder
  readonly redisUrl: string
  readonly redisPassword: string
  readonly frontPort: number
  readonly runners: ReadonlyArray<Place>
  readonly hosts: number
}

/** On this screen lines are for people, unless asked otherwise. */
const telling = { KILONOVA_LOG_FORMAT: process.env["KILONOVA_LOG_FORMAT"] ?? "pretty" }

const kilonova = (...args: ReadonlyArray<string>): Command["args"] => [process.execPath, ...engine.flags, join(root, "dist", "kilonova.mjs"), ...args]

export const runner = ({ folder, redisPassword, redisUrl }: Plan, { port, runnerPort }: Place, index: number): Command => {
  const name = `runner-${index + 1}`
  return {
    name,
    args: kilonova(
      "runner", "--redis", redisUrl, "--port", `${port}`, "--runner-port", `${runnerPort}`,
      "--data-dir", folder.at(name), "--images-dir", folder.at("images")
    ),
    env: { ...telling, KILONOVA_REDIS_PASSWORD: redisPassword, KILONOVA_ADMIN_PASSWORD: folder.secret("admin-password") },
    print: printer(name),
    // How to call one runner is not how to call the cloud; and what an agent was refused, it says itself.
    onLine: (line) => /^Point the openstack client|^ {2}export OS_|An agent was refused: No runner owns/.test(line)
  }
}

export const front = ({ frontPort, runners }: Plan): Command => ({
  name: "front",
  args: kilonova("front", "--port", `${frontPort}`, "--to", runners.map(({ url }) => url).join(",")),
  env: telling,
  print: printer("front")
})

const isDriven = /^Host (\S+) is driven by/
const isLooking = /Host \S+ at (\S+: .*) \(next try in/

/** `onHost` is called with the name of each host that a runner has taken. What all hosts say at once is said once. */
export const agent = ({ folder, hosts, runners }: Plan, onHost: (hostname: string) => void): Command => {
  const print = printer("agent")
  const driven = counted(quietMillis, (count) => print(`${count} hosts have a runner`))
  const looking = counted(quietMillis, (_, reason: string) => print(`Hosts look for their runner: ${reason}`))
  return {
    name: "agent",
    args: kilonova(
      "agent", "--control", runners.map(({ url }) => url).join(","), "--token-file", folder.at("tokens"),
      "--hosts", `${hosts}`, "--data-dir", folder.at("agent")
    ),
    env: telling,
    print,
    onLine: (line) => {
      const [, reason] = isLooking.exec(line) ?? []
      if (reason !== undefined) looking(reason)
      const [, taken] = isDriven.exec(line) ?? []
      if (taken === undefined) return reason !== undefined
      onHost(taken)
      driven(line)
      return true
    }
  }
}

const hostname = (index: number): string => `sim-${String(index + 1).padStart(4, "0")}`

/** Credentials for the hosts that have none yet. Fails with what the command complained about. */
export const makeTokens = async ({ folder, hosts, redisPassword, redisUrl }: Plan): Promise<void> => {
  const file = folder.at("tokens")
  const kept = existsSync(file) ? readFileSync(file, "utf8") : ""
  const known = new Set(kept.split("\n").map((line) => line.split(" ")[0]))
  const wanted = Array.from({ length: hosts }, (_, index) => hostname(index)).filter((name) => !known.has(name))
  if (wanted.length === 0) return
  const [node, ...args] = kilonova("cluster", "token", "--redis", redisUrl, ...wanted)
  const env = { ...process.env, KILONOVA_REDIS_PASSWORD: redisPassword }
  const { stdout } = await promisify(execFile)(node, args, { env, maxBuffer: outputBytesMax })
  folder.write("tokens", `${kept}${stdout}`)
}
