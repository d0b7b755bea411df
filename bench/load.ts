/** The two shapes of load: as fast as the answers come, and at a rate that does not care whether they come. */

/** `count` calls, `width` at a time. The first failure ends it. */
export const closedLoop = async (count: number, width: number, call: (index: number) => Promise<void>): Promise<void> => {
  let next = 0
  const worker = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker))
}

export interface Clock {
  readonly now: () => number
  readonly sleep: (millis: number) => Promise<void>
}

export const wallClock: Clock = {
  now: () => performance.now(),
  sleep: (millis) => new Promise((resolve) => setTimeout(resolve, millis))
}

export interface OpenLoop {
  /** Of each call, from the time it was due: a caller that had to wait to be sent has waited all the same. */
  readonly latencies: ReadonlyArray<number>
  /** How late the latest call was sent: the load generator's own fault, or the machine's. */
  readonly latestMillis: number
}

/** Calls at `ratePerSecond` for `count` calls, however many are still unanswered. */
export const openLoop = async (
  options: { readonly ratePerSecond: number; readonly count: number; readonly clock?: Clock },
  call: (index: number) => Promise<void>
): Promise<OpenLoop> => {
  const { count, ratePerSecond } = options
  const clock = options.clock ?? wallClock
  const startedAt = clock.now()
  const dueAt = (index: number) => startedAt + index * 1000 / ratePerSecond
  const latencies: Array<number> = []
  const calls: Array<Promise<void>> = []
  let latestMillis = 0
  const send = async (index: number) => {
    latestMillis = Math.max(latestMillis, clock.now() - dueAt(index))
    await call(index)
    latencies.push(clock.now() - dueAt(index))
  }
  while (calls.length < count) {
    while (calls.length < count && dueAt(calls.length) <= clock.now()) calls.push(send(calls.length))
    if (calls.length < count) await clock.sleep(Math.max(0, dueAt(calls.length) - clock.now()))
  }
  await Promise.all(calls)
  return { latencies, latestMillis }
}
