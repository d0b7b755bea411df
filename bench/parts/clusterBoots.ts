/** Boots as fast as they are taken: one, two and three runners on one Redis, beside one process with SQLite. */
import type { Bench } from "../Bench.ts"
import type { Cluster } from "../cluster/cluster.ts"
import { histogramOf } from "../cluster/measure.ts"
import { side, startSubjects } from "../cluster/subjects.ts"
import type { Subject } from "../cluster/subjects.ts"
import { wallClock } from "../load.ts"
import { boot, bring } from "../project.ts"
import type { Batch } from "../project.ts"

const batchesOf = async ({ runners }: Cluster) => {
  const found = await Promise.all(runners().map(async ({ client }) => {
    const { body } = await client.send("GET", "/metrics")
    return histogramOf(body, "kilonova_commit_batch_size")
  }))
  return found.reduce((all, one) => ({ sum: all.sum + one.sum, count: all.count + one.count }))
}

const bootRound = async (bench: Bench, { cluster, cpu, project }: Subject) => {
  const { boots: count, width } = bench.scale
  const look = async () => cluster === null ? null : { batches: await batchesOf(cluster), traffic: await cluster.redis.traffic() }
  let batch: Batch = { ids: [], seconds: 0 }
  const before = await look()
  const own = process.cpuUsage()
  const used = await cpu(async () => {
    batch = await boot(project, { count, width })
  })
  const { system, user } = process.cpuUsage(own)
  const after = await look()
  await bring(project, batch.ids, "deleted")
  const commits = (after?.batches.sum ?? 0) - (before?.batches.sum ?? 0)
  return {
    used,
    rate: count / batch.seconds,
    ownShare: (system + user) / 1e6 / batch.seconds,
    commits: commits / count,
    batchSize: commits / ((after?.batches.count ?? 0) - (before?.batches.count ?? 0)),
    kbOut: ((after?.traffic.bytesOut ?? 0) - (before?.traffic.bytesOut ?? 0)) / 1e3 / count,
    kbIn: ((after?.traffic.bytesIn ?? 0) - (before?.traffic.bytesIn ?? 0)) / 1e3 / count
  }
}

const measureBoots = (bench: Bench, subjects: ReadonlyArray<Subject>) =>
  side(bench, subjects, `boots: ${bench.scale.boots}, one cloud after another`, (subject) => bootRound(bench, subject), (condition, samples) => {
    const { boots: count } = bench.scale
    bench.record("clusterBootCpu", condition, samples.map(({ used }) => used.runners / count))
    bench.record("bootRate", condition, samples.map(({ rate }) => rate))
    bench.record("ownShare", `boots, ${condition}`, samples.map(({ ownShare }) => ownShare * 100))
    if (condition.endsWith("SQLite")) return
    bench.record("clusterBootRedisCpu", condition, samples.map(({ used }) => used.redis / count))
    bench.record("clusterBootAgentCpu", condition, samples.map(({ used }) => used.agents / count))
    bench.record("clusterBootCommits", condition, samples.map(({ commits }) => commits))
    bench.record("clusterBatchSize", condition, samples.map(({ batchSize }) => batchSize))
    bench.record("clusterBootIn", condition, samples.map(({ kbIn }) => kbIn))
    bench.record("clusterBootOut", condition, samples.map(({ kbOut }) => kbOut))
  })

const measureIdle = async (bench: Bench, subjects: ReadonlyArray<Subject>) => {
  for (const { condition, cpu } of subjects) {
    const used = await cpu(() => wallClock.sleep(bench.scale.idleMillis))
    const perSecond = bench.scale.idleMillis / 1000
    bench.record("idleCpu", `${condition}, ${bench.scale.fleet} hosts`, [used.runners / perSecond])
    if (!condition.endsWith("SQLite")) bench.record("idleRedisCpu", `${condition}, ${bench.scale.fleet} hosts`, [used.redis / perSecond])
  }
}

export const clusterBoots = {
  meaning: "one, two, three runners: boots/s and CPU per boot, beside one process",
  run: async (bench: Bench) => {
    const subjects = await startSubjects(bench)
    await measureIdle(bench, subjects)
    await measureBoots(bench, subjects)
  }
}
