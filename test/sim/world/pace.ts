import { Limits } from "../../../src/runtime/Limits.ts"

/** What takes minutes in a real cloud takes less here, so that a simulated hour holds more of it. Nothing else differs. */
const quickened = {
  stepRetryMillis: 10_000,
  taskMillisMax: 120_000,
  reconcileMillis: 30_000,
  quotaHoldMillis: 20_000,
  placementHoldMillis: 20_000,
  migrationGibMillisMax: 15_000,
  moveUndoMillisMax: 10_000,
  // Every attempt is simulated: at 10 ms, most of a run would be attempts.
  sendRetryMillis: 100
} satisfies Partial<Record<keyof typeof Limits, number>>

export const quicken = (): void => void Object.assign(Limits, quickened)
