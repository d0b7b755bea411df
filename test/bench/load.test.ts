import { assert, describe, it } from "vitest"
import { closedLoop, openLoop } from "../../bench/load.ts"
import type { Clock } from "../../bench/load.ts"

/** Time passes only while somebody sleeps, and calls that end by then end on the way. */
const virtualClock = (): Clock & { readonly after: (millis: number) => Promise<void> } => {
  let now = 0
  const timers: Array<{ readonly at: number; readonly wake: () => void }> = []
  const after = (millis: number) => new Promise<void>((wake) => void timers.push({ at: now + millis, wake }))
  const sleep = async (millis: number) => {
    const until = now + millis
    await new Promise((done) => setImmediate(done))
    for (;;) {
      timers.sort((a, b) => a.at - b.at)
      if (timers[0] === undefined || timers[0].at > until) break
      const { at, wake } = timers.shift()!
      now = at
      wake()
      await new Promise((done) => setImmediate(done))
    }
    now = until
  }
  return { now: () => now, sleep, after }
}

describe("load of the bench", () => {
  it("a closed loop makes each call once and keeps no more than its width on the way", async () => {
    const called: Array<number> = []
    let onTheWay = 0
    let most = 0
    await closedLoop(20, 4, async (index) => {
      called.push(index)
      most = Math.max(most, ++onTheWay)
      await new Promise((done) => setImmediate(done))
      onTheWay--
    })
    assert.deepStrictEqual(called, Array.from({ length: 20 }, (_, index) => index))
    assert.strictEqual(most, 4)
  })

  it("a closed loop fails with the call that failed", async () => {
    const failure = await closedLoop(5, 2, (index) => index === 3 ? Promise.reject(new Error("third")) : Promise.resolve())
      .then(() => null, (error: Error) => error.message)
    assert.strictEqual(failure, "third")
  })

  it("an open loop sends by the clock, whether or not answers come", async () => {
    const clock = virtualClock()
    const sentAt: Array<number> = []
    const run = openLoop({ ratePerSecond: 100, count: 5, clock }, async () => {
      sentAt.push(clock.now())
      await clock.after(35)
    })
    // The last answers come after the last call is sent.
    while (sentAt.length < 5) await new Promise((done) => setImmediate(done))
    await clock.sleep(100)
    const { latencies, latestMillis } = await run
    assert.deepStrictEqual(sentAt, [0, 10, 20, 30, 40])
    assert.deepStrictEqual(latencies, [35, 35, 35, 35, 35])
    assert.strictEqual(latestMillis, 0)
  })

  it("a call that was sent late has waited since it was due", async () => {
    const clock = virtualClock()
    let isStalled = true
    const stalling: Clock = {
      now: clock.now,
      // Once, the machine gives the generator no time for 50 ms.
      sleep: (millis) => {
        const extra = isStalled ? 50 : 0
        isStalled = false
        return clock.sleep(millis + extra)
      }
    }
    const { latencies, latestMillis } = await openLoop({ ratePerSecond: 100, count: 3, clock: stalling }, () => Promise.resolve())
    assert.deepStrictEqual(latencies, [0, 50, 40])
    assert.strictEqual(latestMillis, 50)
  })
})
