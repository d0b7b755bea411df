/** GET one server: what it costs, and how long it takes at a rate far from the limit. */
import type { Bench } from "../Bench.ts"
import { cpuOf, rounds } from "../Bench.ts"
import { closedLoop, openLoop } from "../load.ts"
import { boot, openProject, serverPath } from "../project.ts"
import { percentile } from "../statistics.ts"

const width = 16
const ratePerSecond = 500

export const reads = {
  meaning: "GET one server: CPU, rate, p50, p99",
  run: async (bench: Bench) => {
    const { boots, fleet, rateSeconds, reads: count } = bench.scale
    const cloud = await bench.clouds.start({ hosts: fleet })
    await cloud.ready
    const project = await openProject(cloud.client)
    const { ids } = await boot(project, { count: boots, width: bench.scale.width })
    const get = async (index: number) => void await project.client.json("GET", serverPath(ids[index % ids.length]!))
    const condition = `${boots} stored`

    const closed = await rounds(bench, "GET one server, as many as it can", async () => {
      const startedAt = performance.now()
      const cpu = await cpuOf(cloud, () => closedLoop(count, width, get))
      return { cpu: cpu.all / count, rate: count / (performance.now() - startedAt) * 1000 }
    })
    bench.record("getCpu", condition, closed.map(({ cpu }) => cpu))
    bench.record("getRate", condition, closed.map(({ rate }) => rate))

    const open = await rounds(bench, `GET one server at ${ratePerSecond}/s`, () =>
      openLoop({ ratePerSecond, count: ratePerSecond * rateSeconds }, get))
    bench.record("getP50", `${ratePerSecond}/s`, open.map(({ latencies }) => percentile(latencies, 50)))
    bench.record("getP99", `${ratePerSecond}/s`, open.map(({ latencies }) => percentile(latencies, 99)))
    bench.record("sentLate", `GET, ${ratePerSecond}/s`, open.map(({ latestMillis }) => latestMillis))
    await cloud.stop("SIGTERM")
  }
}
