/** Effect on the simulated world: its scheduler, clock, chance and log, for the fibers of one process. */
import { Clock, Context, Duration, Effect, Logger, Random, References, Scheduler } from "effect"
import type { LogLevel } from "effect"
import type { Process } from "./Process.ts"
import type { World } from "./World.ts"

const schedulerOf = (world: World, process: Process): Scheduler.Scheduler => ({
  executionMode: "async",
  shouldYield: () => world.shouldYield(),
  makeDispatcher() {
    const lane = world.lane(process)
    return {
      scheduleTask: (task, priority) => world.schedule(lane, task, priority),
      // Only `runSync` flushes, and it brings a scheduler of its own.
      flush: () => { throw new Error("A simulated dispatcher was flushed") }
    }
  }
})

const clockOf = (world: World, process: Process): Clock.Clock => {
  const millis = () => Math.floor(world.nowMillis + process.skewMillis)
  const nanos = () => BigInt(Math.floor((world.nowMillis + process.skewMillis) * 1000)) * 1000n
  // Monotonic clocks have no skew.
  const monotonic = () => BigInt(Math.floor(world.elapsedMillis * 1000)) * 1000n
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: monotonic,
    monotonicTimeNanos: Effect.sync(monotonic),
    sleep: (duration) => {
      const wait = Duration.toMillis(duration)
      if (wait <= 0) return Effect.yieldNow
      if (!Number.isFinite(wait)) return Effect.never
      return Effect.callback<void>((resume) => {
        const cancel = world.after(wait, process, () => resume(Effect.void))
        return Effect.sync(cancel)
      })
    }
  }
}

const randomOf = (world: World, process: Process) => {
  const prng = world.prng(`random of ${process.name} ${process.number}`)
  return {
    nextIntUnsafe: () => Math.floor(prng.between(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
    nextDoubleUnsafe: () => prng.next()
  }
}

export interface LogLine {
  readonly atMillis: number
  readonly level: string
  readonly text: string
}

const logLinesMax = 400

/** What the process said last, for the report of a failure. */
const loggerOf = (world: World, lines: Array<LogLine>) => {
  const render = Logger.formatSimple
  return Logger.make((options) => {
    lines.push({ atMillis: Math.floor(world.elapsedMillis), level: options.logLevel, text: render.log(options).replace(/^timestamp=\S+ /, "") })
    if (lines.length > 2 * logLinesMax) lines.splice(0, logLinesMax)
  })
}

/** The references under which all fibers of a process run. */
export const contextOf = (
  world: World, process: Process, lines: Array<LogLine>, minimum: LogLevel.LogLevel = "Info"
): Context.Context<never> =>
  Context.make(Scheduler.Scheduler, schedulerOf(world, process)).pipe(
    Context.add(Clock.Clock, clockOf(world, process)),
    Context.add(Random.Random, randomOf(world, process)),
    Context.add(References.MinimumLogLevel, minimum),
    Context.add(Logger.CurrentLoggers, new Set([loggerOf(world, lines)]))
  ) as Context.Context<never>
