import { Clock, Effect, Exit, Fiber, Layer, Random, Result, Schedule, Stream } from "effect"
import { Fleet } from "../../drivers/Driver.ts"
import type { DriverError, Inventory, PowerState } from "../../drivers/Driver.ts"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import { powerStates } from "../instance/states.ts"
import { uuidFrom } from "../shared/ids.ts"
import { isoOf } from "../shared/time.ts"
import { hosts } from "./Host.ts"
import { HostEntity } from "./HostProtocol.ts"
import { registered } from "./registration.ts"

interface Answer {
  readonly hostname: string
  /** `undefined`: none yet. */
  readonly inventory: Inventory | undefined
}

/** Writes what the answers change, all in one commit. */
const write = Effect.fnUntraced(function*(answers: ReadonlyArray<Answer>) {
  const records = yield* Records
  const at = isoOf(yield* Clock.currentTimeMillis)
  const random = yield* Random.Random
  const draw = () => random.nextDoubleUnsafe()
  yield* decideAndWrite(records, () => {
    let number = 0
    for (const host of records.all(hosts)) number = Math.max(number, host.number)
    const birth = () => ({ number: ++number, id: uuidFrom(draw), serviceId: uuidFrom(draw) })
    const changes = answers.flatMap(({ hostname, inventory }) => {
      const known = records.get(hosts, hostname)
      const put = registered(hostname, known, inventory, birth, at)
      const expect = known === undefined ? "absent" as const : records.version(hosts, hostname)
      return put === undefined ? [] : [{ table: hosts, put, expect }]
    })
    return Result.succeed({ changes, answer: undefined })
  })
})

/**
 * Registers every host of the fleet. Those that answer at once are there when this returns; the others are there too,
 * as they were known before, and are asked until they answer: nobody waits for them.
 */
const register = Effect.gen(function*() {
  const fleet = yield* Fleet
  const asked = yield* Effect.forEach(fleet.hosts, (hostname) => {
    const driver = fleet.driver(hostname)
    const inventory = driver === undefined ? Effect.never : driver.inventory
    return Effect.map(
      Effect.forkScoped(Effect.retry(inventory, Schedule.spaced(Limits.inventoryRetryMillis)), { startImmediately: true }),
      (fiber) => ({ hostname, fiber })
    )
  })
  const answerOf = (exit: Exit.Exit<Inventory, DriverError> | undefined) =>
    exit !== undefined && Exit.isSuccess(exit) ? exit.value : undefined
  const answers = asked.map(({ fiber, hostname }) => ({ hostname, fiber, inventory: answerOf(fiber.pollUnsafe()) }))
  yield* write(answers)
  for (const { fiber, hostname } of answers.filter(({ inventory }) => inventory === undefined)) {
    yield* Fiber.join(fiber).pipe(
      Effect.tap((inventory) => Effect.retry(write([{ hostname, inventory }]), Schedule.spaced(Limits.inventoryRetryMillis))),
      Effect.tap(({ memoryMb, vcpus }) => Effect.logInfo(`Host ${hostname} answers: ${vcpus} CPUs, ${memoryMb} MiB`)),
      Effect.forkScoped
    )
  }
})

/** Writes what hosts answer when they come, or come back; those that come together are written together. */
const registerArrivals = Effect.gen(function*() {
  const fleet = yield* Fleet
  const inventoryOf = (hostname: string): Stream.Stream<Answer> => {
    const driver = fleet.driver(hostname)
    if (driver === undefined) return Stream.empty
    // One that has gone again is asked when it is back.
    const inventory = Effect.retry(driver.inventory, {
      schedule: Schedule.spaced(Limits.inventoryRetryMillis), while: () => fleet.hosts.includes(hostname)
    })
    return Stream.fromEffect(Effect.map(inventory, (found): Answer => ({ hostname, inventory: found }))).pipe(
      // Of a host that moves to another runner while it is asked, nobody says more than that the question was interrupted.
      Stream.catchCause((cause) => Stream.fromEffectDrain(Effect.logDebug(`Host ${hostname} did not say what it has`, cause)))
    )
  }
  const arrivals = fleet.arrivals.pipe(
    Stream.flatMap(inventoryOf, { concurrency: "unbounded" }),
    Stream.groupedWithin(Limits.commitBatchMax, Limits.agentBatchMillis)
  )
  yield* Stream.runForEach(arrivals, (answers) => Effect.retry(write(answers), Schedule.spaced(Limits.inventoryRetryMillis)))
})

const numberOf = (power: PowerState): number => powerStates[power]

/** Registers the fleet's hosts, and takes what their hypervisors see to the `Host` entities from then on. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const fleet = yield* Fleet
  const entities = yield* HostEntity.client
  yield* Effect.forkScoped(registerArrivals, { startImmediately: true })
  yield* register
  yield* Effect.forkScoped(Stream.runForEach(fleet.events, ({ hostname, event }) =>
    Effect.ignoreCause(entities(hostname).Observe({ instanceId: event.id, power: numberOf(event.power) }), { log: "Warn" })))
}))
