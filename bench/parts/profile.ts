/** Where the time of a boot goes: a CPU profile of the cloud while it boots, grouped by module. */
import type { Bench } from "../Bench.ts"
import { nowMicros, profiler } from "../profiler.ts"
import { boot, openProject } from "../project.ts"

const width = 64

export const profile = {
  meaning: "where the time of a boot goes, by module (a profiled run of its own)",
  run: async (bench: Bench) => {
    const { profiledBoots: count, fleet } = bench.scale
    const profiling = profiler(bench.clouds.freshFolder())
    const cloud = await bench.clouds.start({ hosts: fleet, nodeArgs: profiling.nodeArgs })
    await cloud.ready
    const project = await openProject(cloud.client)
    bench.progress.say(`profile of ${count} boots`)
    await boot(project, { count: Math.ceil(count / 5), width })
    const from = nowMicros()
    await boot(project, { count, width, onBooted: (done) => bench.progress.at("boots under the profiler", done, count) })
    const to = nowMicros()
    await cloud.stop("SIGTERM")
    bench.remark(profiling.tables({
      title: `Profile of the main thread while it boots ${count} servers on ${fleet} hosts`,
      window: { from, to },
      each: { name: "boot", count }
    }))
  }
}
