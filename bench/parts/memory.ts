/** What stored servers take in memory, and how long a cloud that has them needs to come back after kill -9. */
import type { Bench } from "../Bench.ts"
import { wallClock } from "../load.ts"
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
  meaning: "resident memory per 100k stored servers",
  run: async (bench: Bench) => {
    const { condition, filled, perMany } = await grown(bench)
    bench.record("filledMemory", condition, [perMany(filled.cloud().residentMb())])
  }
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
    bench.record("restartHealthy", condition, samples.map(({ healthy }) => healthy))
    bench.record("restartListed", condition, samples.map(({ listed }) => listed))
    bench.record("restartedMemory", condition, samples.map(({ mb }) => mb))
  }
}
