/** Where the time of a boot goes on several runners: a CPU profile of one of them, which does its part of each boot. */
import type { Bench } from "../Bench.ts"
import { startCluster } from "../cluster/cluster.ts"
import { nowMicros, profiler } from "../profiler.ts"
import { boot, openProject } from "../project.ts"

const runnersCount = 3
const width = 64

export const clusterProfile = {
  meaning: "where the time of a boot goes on one of three runners (a profiled run of its own)",
  run: async (bench: Bench) => {
    const { fleet, profiledBoots: count } = bench.scale
    const profiling = profiler(bench.clouds.freshFolder())
    const cluster = await startCluster(bench.clouds)
    const profiled = await cluster.startRunner(undefined, profiling.nodeArgs)
    for (let index = 1; index < runnersCount; index++) await cluster.startRunner()
    await cluster.startAgent(fleet)
    const project = await openProject(cluster.client)
    bench.progress.say(`profile of ${count} boots on ${runnersCount} runners`)
    await boot(project, { count: Math.ceil(count / 5), width })
    const from = nowMicros()
    await boot(project, { count, width, onBooted: (done) => bench.progress.at("boots under the profiler", done, count) })
    const to = nowMicros()
    await profiled.stop("SIGTERM")
    bench.remark(profiling.tables({
      title: `Profile of one of ${runnersCount} runners' main thread while they boot ${count} servers on ${fleet} hosts`,
      window: { from, to },
      each: { name: "boot", count }
    }))
  }
}
