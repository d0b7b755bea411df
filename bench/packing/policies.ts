import { defaultSettings, type SchedulerSettings } from "../../src/actors/scheduler/settings.ts"

/** Nothing is preferred: the first host by name that admits the request. */
const indifferent = { RAMWeigher: 0, CPUWeigher: 0, DiskWeigher: 0 }
const weighing = (weights: SchedulerSettings["weights"]): SchedulerSettings => ({ ...defaultSettings, weights })

/** Ways to place, each as an operator would set it. */
export const policies: ReadonlyArray<readonly [name: string, settings: SchedulerSettings]> = [
  ["spread (default)", defaultSettings],
  ["first-fit", weighing(indifferent)],
  ["best-fit, RAM and CPU", weighing({ RAMWeigher: -1, CPUWeigher: -1, DiskWeigher: 0 })],
  ["best-fit, CPU", weighing({ ...indifferent, CPUWeigher: -1 })],
  ["packing", weighing({ PackingWeigher: 100_000 })]
]
