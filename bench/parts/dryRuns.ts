/** What a question costs those who are placed meanwhile: the scheduler's actor in this process, asked for places while it counts. */
import { Effect, Layer } from "effect"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { defaultCell, SchedulerEntity } from "../../src/actors/scheduler/SchedulerProtocol.ts"
import type { WhatIfQuestion } from "../../src/actors/scheduler/whatIf/WhatIf.ts"
import { Kilonova } from "../../src/runtime/Kilonova.ts"
import type { Bench } from "../Bench.ts"
import { openLoop, wallClock } from "../load.ts"
import { percentile } from "../statistics.ts"

const ratePerSecond = 200
/** Between two questions. */
const pauseMillis = 50

const flavorOf = (name: string, extraSpecs: { readonly [key: string]: string }) => ({
  id: name, name, vcpus: 4, ramMb: 8192, diskGb: 10, ephemeralGb: 0, swapMb: 0, extraSpecs
})
const plain = flavorOf("plain", {})
const pinned = flavorOf("pinned", { "hw:cpu_policy": "dedicated" })

/** As much of a server as the scheduler reads. */
const aServer = (id: string, flavor: Instance["flavor"]): Instance => ({
  id, flavor, projectId: "p", imageId: null, imageProperties: {}, generation: 1, work: null, host: null, launchIndex: 0, reservationId: id,
  wish: { availabilityZone: null, host: null, isForced: false, serverGroupId: null, groupPolicy: null, maxServerPerHost: 1, hints: {} }
} as unknown as Instance)

const boot = (flavor: Instance["flavor"]): WhatIfQuestion =>
  ({ _tag: "Boot", requestId: "req-bench", projectId: "p", flavor, imageId: null, imageProperties: {}, zone: null })

const measure = Effect.fnUntraced(function*(bench: Bench, hosts: number) {
  const context = yield* Layer.build(Kilonova.layer({ listen: null, fleet: { simulated: hosts } }))
  const scheduler = (yield* Effect.provideContext(SchedulerEntity.client, context))(defaultCell)
  const run = Effect.runPromiseWith(context)
  let next = 0
  const place = () => run(scheduler.Select({ instance: aServer(`s${next++}`, plain) })).then(() => undefined)
  const ask = (flavor: Instance["flavor"]) => run(scheduler.WhatIf({ question: boot(flavor) }))
  const latencies = async () => (await openLoop({ ratePerSecond, count: ratePerSecond * bench.scale.rateSeconds }, place)).latencies
  yield* Effect.promise(async () => {
    await latencies()
    const cases = [["nobody asks", null], ["plain counted", plain], ["pinned counted", pinned]] as const
    for (const [condition, flavor] of cases) {
      bench.progress.say(`${condition}, ${hosts} hosts`)
      const questions: Array<number> = []
      let isOver = false
      const asking = async () => {
        while (flavor !== null && !isOver) {
          const from = performance.now()
          await ask(flavor)
          questions.push(performance.now() - from)
          await wallClock.sleep(pauseMillis)
        }
      }
      const asked = asking()
      const times = await latencies()
      isOver = true
      await asked
      const at = `${condition}, ${hosts} hosts`
      bench.record("dryRunPlacementP50", at, [percentile(times, 50)])
      bench.record("dryRunPlacementP99", at, [percentile(times, 99)])
      if (questions.length > 0) bench.record("dryRunMillis", at, questions)
    }
  })
})

export const dryRuns = {
  meaning: "places while the scheduler counts how many more fit: how long they take",
  run: async (bench: Bench) => {
    for (const hosts of bench.scale.dryRunFleets) await Effect.runPromise(Effect.scoped(measure(bench, hosts)))
  }
}
