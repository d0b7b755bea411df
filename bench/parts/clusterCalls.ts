/** What a message between runners, a commit and a read barrier cost, each alone, on either side. */
import { resolve } from "node:path"
import type { Bench } from "../Bench.ts"
import type { FigureName } from "../figures.ts"
import { startRedis } from "../cluster/redis.ts"
import type { Process } from "../process.ts"

const program = (name: string) => resolve(import.meta.dirname, `../cluster/${name}.ts`)

type Row = Readonly<Record<string, number>> & { readonly where?: "here" | "other"; readonly figure?: string }

const rowsOf = (process: Process): ReadonlyArray<Row> =>
  process.output().split("\n").filter((line) => line.startsWith("{\"") && !line.includes("\"message\"")).map((line) => JSON.parse(line) as Row)

/** Waits for its end. */
const rowsAtEnd = async (process: Process): Promise<ReadonlyArray<Row>> => {
  // It ends by itself: what it says is complete then.
  await process.says(/^never said$/m).catch(() => undefined)
  const rows = rowsOf(process)
  if (rows.length === 0) throw new Error(`no figures; it said:\n${process.output().slice(-4000)}`)
  return rows
}

const gather = () => {
  const found = new Map<string, { readonly figure: FigureName; readonly condition: string; readonly samples: Array<number> }>()
  return {
    add: (figure: FigureName, condition: string, value: number) => {
      const key = `${figure} ${condition}`
      const entry = found.get(key) ?? { figure, condition, samples: [] }
      entry.samples.push(value)
      found.set(key, entry)
    },
    record: (bench: Bench) => {
      for (const { condition, figure, samples } of found.values()) bench.record(figure, condition, samples)
    }
  }
}

type Gathered = ReturnType<typeof gather>

const asks = async (bench: Bench, found: Gathered) => {
  const redis = await startRedis(bench.clouds)
  const run = (...args: ReadonlyArray<string>) => bench.clouds.launch([process.execPath, program("asks"), redis.url, ...args], { cwd: bench.clouds.freshFolder() })
  const other = run(`${await bench.clouds.freePort()}`, "0")
  await other.says(/^ready$/m)
  const rows = await rowsAtEnd(run(`${await bench.clouds.freePort()}`, `${bench.scale.asks}`, `${other.pid}`))
  for (const { cpuMicros, micros, otherMicros, where, width } of rows) {
    const condition = `${where === "here" ? "on this runner" : "on another runner"}, ${width === 1 ? "alone" : `${width} at a time`}`
    found.add("askCpu", condition, cpuMicros!)
    if (where === "other") found.add("askOtherCpu", condition, otherMicros!)
    found.add("askMicros", condition, micros!)
  }
  await other.stop("SIGKILL")
  await redis.stop("SIGKILL")
}

const commits = async (bench: Bench, found: Gathered) => {
  const redis = await startRedis(bench.clouds)
  const args = [redis.url, `${redis.pid}`, `${bench.scale.commits / 5}`]
  const cwd = bench.clouds.freshFolder()
  const rows = await rowsAtEnd(bench.clouds.launch([process.execPath, program("commits"), ...args], { cwd }))
  for (const { cpuMicros, figure, micros, redisMicros, width } of rows) {
    const condition = width === 1 ? "alone" : `${width} at a time`
    if (figure === "commit") {
      found.add("redisCommitCpu", condition, cpuMicros!)
      found.add("redisCommitRedisCpu", condition, redisMicros!)
      found.add("redisCommitRate", condition, 1e6 / micros!)
    } else {
      found.add("barrierCpu", condition, cpuMicros!)
      found.add("barrierRedisCpu", condition, redisMicros!)
      found.add("barrierMicros", condition, micros!)
    }
  }
  await redis.stop("SIGKILL")
}

/** One process commits, another one hears it. */
const follows = async (bench: Bench, found: Gathered, width: number) => {
  const redis = await startRedis(bench.clouds)
  const cwd = bench.clouds.freshFolder()
  const count = Math.ceil(bench.scale.commits / 20)
  const follower = bench.clouds.launch([process.execPath, program("follows"), redis.url, `${count}`], { cwd })
  await follower.says(/^ready$/m)
  const args = [redis.url, `${redis.pid}`, `${count}`, `${width}`]
  const writer = bench.clouds.launch([process.execPath, program("commits"), ...args], { cwd })
  const [row] = await rowsAtEnd(follower)
  found.add("followCpu", width === 1 ? "2 KB, alone" : `2 KB, written ${width} at a time`, row!.cpuMicros!)
  await writer.stop("SIGKILL")
  await redis.stop("SIGKILL")
}

export const clusterCalls = {
  meaning: "what an ask of another runner, a commit, a read barrier and the feed cost, each alone",
  run: async (bench: Bench) => {
    const found = gather()
    for (let round = 0; round < bench.scale.rounds; round++) {
      bench.progress.say(`asks, commits, barriers, feed: ${round + 1} of ${bench.scale.rounds}`)
      await asks(bench, found)
      await commits(bench, found)
      await follows(bench, found, 1)
      await follows(bench, found, 16)
    }
    found.record(bench)
  }
}
