/** A cluster in processes of its own: Redis, runners, and agents with simulated hosts, all of them on loopback. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Client } from "../client.ts"
import { password } from "../cloud.ts"
import type { Cloud, Clouds } from "../cloud.ts"
import { wallClock } from "../load.ts"
import type { Process } from "../process.ts"
import { logIn } from "../project.ts"
import { startRedis } from "./redis.ts"
import type { Redis } from "./redis.ts"

const agentsMillisMax = 300_000
const pollMillis = 100

export interface Runner extends Cloud {
  /** As the members know it. */
  readonly address: string
  readonly dataDir: string
}

export interface Cluster {
  readonly redis: Redis
  /** Those that run, in the order of their start. */
  readonly runners: () => ReadonlyArray<Runner>
  /** Another one, or one that has ended again on its own folder and ports. */
  readonly startRunner: (again?: Runner, nodeArgs?: ReadonlyArray<string>) => Promise<Runner>
  /** One process with the hosts from sim-0001 on; answers once they are all up. */
  readonly startAgent: (hosts: number) => Promise<Process>
  /** Sends each request to the next of the runners that run. */
  readonly client: Client
  readonly stop: () => Promise<void>
}

export const hostname = (index: number): string => `sim-${String(index + 1).padStart(4, "0")}`

const spread = (runners: () => ReadonlyArray<Runner>): Client => {
  let next = 0
  let token = ""
  const turn = () => {
    const running = runners()
    const { client } = running[next++ % running.length]!
    client.useToken(token)
    return client
  }
  return {
    send: (method, path, body) => turn().send(method, path, body),
    json: (method, path, body) => turn().json(method, path, body),
    useToken: (given) => { token = given },
    close: () => undefined
  }
}

/** The tokens of hosts that have none yet, as `kilonova cluster token` prints them. */
const makeTokens = async (clouds: Clouds, redis: Redis, hostnames: ReadonlyArray<string>): Promise<string> => {
  const said = clouds.kilonova(["cluster", "token", "--redis", redis.url, ...hostnames], { cwd: clouds.freshFolder() })
  await said.says(new RegExp(`^${hostnames.at(-1)} \\S+\\n`, "m"))
  return said.output().split("\n").filter((line) => line.startsWith("sim-")).join("\n")
}

interface Hypervisors {
  readonly hypervisors: ReadonlyArray<{ readonly state: string }>
}

const hostsUp = async (client: Client): Promise<number> => {
  const { hypervisors } = await client.json("GET", "/compute/v2.1/os-hypervisors") as Hypervisors
  return hypervisors.filter(({ state }) => state === "up").length
}

export const startCluster = async (clouds: Clouds): Promise<Cluster> => {
  const redis = await startRedis(clouds)
  const imagesDir = clouds.freshFolder()
  const runners: Array<Runner> = []
  const running = () => runners.filter((runner) => runner.isRunning())
  const client = spread(running)

  const startRunner: Cluster["startRunner"] = async (again, nodeArgs) => {
    const dataDir = again?.dataDir ?? clouds.freshFolder()
    const port = again === undefined ? await clouds.freePort() : Number(new URL(again.url).port)
    const runnerPort = again === undefined ? await clouds.freePort() : Number(again.address.split(":")[1])
    const process = clouds.kilonova([
      "runner", "--redis", redis.url, "--port", `${port}`, "--runner-port", `${runnerPort}`, "--data-dir", dataDir, "--images-dir", imagesDir
    ], { cwd: dataDir, env: { KILONOVA_ADMIN_PASSWORD: password } }, nodeArgs)
    const cloud = await clouds.serve(process, `http://127.0.0.1:${port}`)
    await process.says(/^Kilonova .* ready at/m)
    const runner = { ...cloud, address: `127.0.0.1:${runnerPort}`, dataDir }
    runners.push(runner)
    return runner
  }

  const startAgent: Cluster["startAgent"] = async (hosts) => {
    const hostnames = Array.from({ length: hosts }, (_, index) => hostname(index))
    const dataDir = clouds.freshFolder()
    const tokenFile = join(dataDir, "tokens")
    writeFileSync(tokenFile, await makeTokens(clouds, redis, hostnames), { mode: 0o600 })
    const control = running().map(({ url }) => url).join(",")
    const agent = clouds.kilonova(
      ["agent", "--control", control, "--token-file", tokenFile, "--hosts", `${hosts}`, "--data-dir", dataDir],
      { cwd: dataDir }
    )
    await logIn(client)
    const deadline = performance.now() + agentsMillisMax
    while (await hostsUp(client) < hosts) {
      if (!agent.isRunning()) throw new Error(`the agent ended; it said:\n${agent.output().slice(-4000)}`)
      if (performance.now() > deadline) throw new Error(`only ${await hostsUp(client)} of ${hosts} hosts are up`)
      await wallClock.sleep(pollMillis)
    }
    return agent
  }

  const stop = async () => {
    for (const runner of running()) await runner.stop("SIGTERM")
    await redis.stop("SIGTERM")
  }
  return { redis, runners: running, startRunner, startAgent, client, stop }
}
