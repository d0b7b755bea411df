/** Boots as fast as they are taken, with small and large fleets. */
import type { Bench } from "../Bench.ts"
import { cpuOf, rounds } from "../Bench.ts"
import type { Batch } from "../project.ts"
import { boot, bring, openProject } from "../project.ts"

const measureFleet = async (bench: Bench, hosts: number): Promise<void> => {
  const { boots, width } = bench.scale
  const cloud = await bench.clouds.start({ hosts })
  await cloud.ready
  const project = await openProject(cloud.client)
  const samples = await rounds(bench, `boots: ${boots} on ${hosts} hosts`, async () => {
    let batch: Batch = { ids: [], seconds: 0 }
    const own = process.cpuUsage()
    const cpu = await cpuOf(cloud, async () => {
      batch = await boot(project, { count: boots, width })
    })
    const { system, user } = process.cpuUsage(own)
    await bring(project, batch.ids, "deleted")
    return { cpu, rate: boots / batch.seconds, ownShare: (system + user) / 1e6 / batch.seconds }
  })
  const condition = `${hosts} hosts`
  const byThread = { bootCpu: "all", bootMainCpu: "main", bootJournalCpu: "journal", bootRestCpu: "rest" } as const
  for (const figure of ["bootCpu", "bootMainCpu", "bootJournalCpu", "bootRestCpu"] as const) {
    bench.record(figure, condition, samples.map(({ cpu }) => cpu[byThread[figure]] / boots))
  }
  bench.record("bootRate", condition, samples.map(({ rate }) => rate))
  bench.record("ownShare", `boots, ${condition}`, samples.map(({ ownShare }) => ownShare * 100))
  await cloud.stop("SIGTERM")
}

export const boots = {
  meaning: "boots/s and CPU per boot, with fleets of different size",
  run: async (bench: Bench) => {
    for (const hosts of bench.scale.fleets) await measureFleet(bench, hosts)
  }
}
