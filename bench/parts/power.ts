/** Stop, start and delete: CPU from the request to the end of the work. */
import type { Bench } from "../Bench.ts"
import { cpuOf, rounds } from "../Bench.ts"
import { boot, bring, openProject } from "../project.ts"

export const power = {
  meaning: "stop, start and delete: CPU of each",
  run: async (bench: Bench) => {
    const { boots: count, fleet, width } = bench.scale
    const cloud = await bench.clouds.start({ hosts: fleet })
    await cloud.ready
    const project = await openProject(cloud.client)
    const samples = await rounds(bench, `stop, start, delete of ${count}`, async () => {
      const { ids } = await boot(project, { count, width })
      const stop = await cpuOf(cloud, () => bring(project, ids, "stopped"))
      const start = await cpuOf(cloud, () => bring(project, ids, "started"))
      const remove = await cpuOf(cloud, () => bring(project, ids, "deleted"))
      return { stop: stop.all / count, start: start.all / count, remove: remove.all / count }
    })
    const condition = `${fleet} hosts`
    bench.record("stopCpu", condition, samples.map(({ stop }) => stop))
    bench.record("startCpu", condition, samples.map(({ start }) => start))
    bench.record("deleteCpu", condition, samples.map(({ remove }) => remove))
    await cloud.stop("SIGTERM")
  }
}
