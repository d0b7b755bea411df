/** What stored servers take in memory, and how long a cloud that has them needs to come back after kill -9. */
import type { Bench } from "../Bench.ts"
import type { Filled } from "../filled.ts"
import { wallClock } from "../load.ts"
import { nowMicros, profiler } from "../profiler.ts"
import { listPath } from "../project.ts"

const per = 100_000

const grown = async (bench: Bench) => {
  const filled = await bench.filled()
  const stored = Math.max(...bench.scale.stored)
  await filled.fill(stored)
  await wallClock.sleep(bench.scale.idleMillis)
  const perMany = (mb: number) => (mb - filled.emptyMb) * per / filled.stored()
  return { filled, perMany, condition: `${stored} stored` }
}

export const memory = {
  meaning: "memory and disk per 100k stored servers",
  run: async (bench: Bench) => {
    const { condition, filled, perMany } = await grown(bench)
    bench.record("filledMemory", condition, [perMany(filled.cloud().residentMb())])
    bench.record("disk", condition, [filled.diskMb() * per / filled.stored()])
  }
}

const profileStart = async (bench: Bench, filled: Filled): Promise<void> => {
  const profiling = profiler(bench.clouds.freshFolder())
  const from = nowMicros()
  const cloud = await filled.restart(profiling.nodeArgs)
  const to = nowMicros()
  await cloud.stop("SIGTERM")
  bench.remark(profiling.tables({
    title: `Profile of the main thread while it starts with ${filled.stored()} stored servers`,
    window: { from, to },
    each: { name: "stored server", count: filled.stored() }
  }))
}

export const restart = {
  meaning: "kill -9 and start again with 100k stored servers",
  run: async (bench: Bench) => {
    const { condition, filled, perMany } = await grown(bench)
    const samples: Array<{ healthy: number; listed: number; mb: number }> = []
    bench.progress.say(`kill -9 and start again, ${condition}`)
    for (let round = 0; round < bench.scale.rounds; round++) {
      const cloud = await filled.restart()
      await cloud.client.json("GET", listPath("limit=1000"))
      const listed = performance.now() - cloud.spawnedAt
      await wallClock.sleep(bench.scale.idleMillis)
      samples.push({ healthy: cloud.healthyMillis / 1000, listed: listed / 1000, mb: perMany(cloud.residentMb()) })
      bench.progress.at("starts", round + 1, bench.scale.rounds)
    }
    await profileStart(bench, filled)
    bench.record("restartHealthy", condition, samples.map(({ healthy }) => healthy))
    bench.record("restartListed", condition, samples.map(({ listed }) => listed))
    bench.record("restartedMemory", condition, samples.map(({ mb }) => mb))
  }
}
