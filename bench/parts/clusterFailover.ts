/** kill -9 of a runner, as its clients see it. */
import type { Bench } from "../Bench.ts"
import { startCluster } from "../cluster/cluster.ts"
import { balanced, takeOver } from "../cluster/takeover.ts"
import type { TakeOver } from "../cluster/takeover.ts"
import { boot, openProject } from "../project.ts"

const runnersCount = 3

export const clusterFailover = {
  meaning: "kill -9 of one of three runners: until what it owned answers",
  run: async (bench: Bench) => {
    const cluster = await startCluster(bench.clouds)
    for (let index = 0; index < runnersCount; index++) await cluster.startRunner()
    await cluster.startAgent(bench.scale.fleet)
    const project = await openProject(cluster.client)
    const { ids } = await boot(project, { count: bench.scale.boots, width: bench.scale.width })
    const samples: Array<TakeOver> = []
    for (let round = 0; round < bench.scale.failovers; round++) {
      await balanced(cluster)
      bench.progress.say(`kill -9, ${round + 1} of ${bench.scale.failovers}`)
      const victim = cluster.runners()[0]!
      samples.push(await takeOver(cluster, victim, ids))
      await cluster.startRunner(victim)
    }
    const condition = `1 of ${runnersCount} runners, ${ids.length} stored`
    bench.record("failoverFirst", condition, samples.map(({ firstSeconds }) => firstSeconds))
    bench.record("failoverAll", condition, samples.map(({ allSeconds }) => allSeconds))
    bench.record("failoverShards", condition, samples.map(({ shards }) => shards))
  }
}
