/** How long POST /servers takes at a rate that does not wait for answers. */
import type { Bench } from "../Bench.ts"
import { rounds } from "../Bench.ts"
import { openLoop } from "../load.ts"
import { bring, openProject, post, settle } from "../project.ts"
import type { Project } from "../project.ts"
import { percentile } from "../statistics.ts"

const measureRate = async (bench: Bench, project: Project, ratePerSecond: number): Promise<void> => {
  const count = ratePerSecond * bench.scale.rateSeconds
  const samples = await rounds(bench, `POST /servers at ${ratePerSecond}/s`, async () => {
    const ids: Array<string> = []
    const { latencies, latestMillis } = await openLoop({ ratePerSecond, count }, async (index) => {
      ids.push(await post(project, `bench-${index}`))
    })
    await settle(project, ids.at(-1)!, "booted")
    await bring(project, ids, "deleted")
    return { latencies, latestMillis }
  })
  const condition = `${ratePerSecond}/s`
  for (const [figure, percent] of [["postP50", 50], ["postP95", 95], ["postP99", 99]] as const) {
    bench.record(figure, condition, samples.map(({ latencies }) => percentile(latencies, percent)))
  }
  bench.record("sentLate", `POST, ${condition}`, samples.map(({ latestMillis }) => latestMillis))
}

export const latency = {
  meaning: "POST /servers at fixed rates: p50, p95, p99",
  run: async (bench: Bench) => {
    const cloud = await bench.clouds.start({ hosts: bench.scale.fleet })
    await cloud.ready
    const project = await openProject(cloud.client)
    for (const rate of bench.scale.ratesPerSecond) await measureRate(bench, project, rate)
    await cloud.stop("SIGTERM")
  }
}
