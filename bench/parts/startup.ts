/** From an empty folder to a cloud that answers, to its first server, and what it takes in memory when nothing happens. */
import type { Bench } from "../Bench.ts"
import { rounds } from "../Bench.ts"
import { wallClock } from "../load.ts"
import { bootFirst } from "../project.ts"

const fleets = [8, 1000]

export const startup = {
  meaning: "start to the first answer and to the first ACTIVE server; idle memory",
  run: async (bench: Bench) => {
    for (const hosts of fleets) {
      const samples = await rounds(bench, `starts with ${hosts} hosts`, async () => {
        const cloud = await bench.clouds.start({ hosts })
        await cloud.ready
        await wallClock.sleep(bench.scale.idleMillis)
        const idleMb = cloud.residentMb()
        await cloud.stop("SIGTERM")
        // Another one for the first server: what is idle has not booted any.
        const second = await bench.clouds.start({ hosts })
        await second.ready
        await bootFirst(second.client)
        const active = performance.now() - second.spawnedAt
        await second.stop("SIGTERM")
        return { healthy: cloud.healthyMillis / 1000, active: active / 1000, idleMb }
      })
      bench.record("healthy", `${hosts} hosts`, samples.map(({ healthy }) => healthy))
      bench.record("firstActive", `${hosts} hosts`, samples.map(({ active }) => active))
      bench.record("idleMemory", `${hosts} hosts`, samples.map(({ idleMb }) => idleMb))
    }
  }
}
