/** Runs the calls of one host's runner: those of one server in turn, each once, and none that nobody waits for. */
import { Effect, type Fiber, Semaphore } from "effect"
import type { Scope } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import { type Driver, DriverError } from "../Driver.ts"
import type { HostMemory } from "./hostMemory.ts"
import { domainOf, perform } from "./perform.ts"
import type { Answer, Call, DriverCall } from "./protocol.ts"

export interface CallDeskOptions {
  readonly driver: Driver
  readonly memory: HostMemory
  /** Brings the files that the call names to this machine. */
  readonly localize: (call: DriverCall) => Effect.Effect<DriverCall, DriverError, Scope.Scope>
  /** Tells the runner, if there is one; `true` once it has heard. */
  readonly tell: (id: string, answer: Answer) => Effect.Effect<boolean>
}

export interface CallDesk {
  /** Never waits for the work. */
  readonly start: (call: Call) => Effect.Effect<void>
  readonly cancel: (id: string) => void
  /** Ends the calls that are not among these. */
  readonly keepOnly: (ids: ReadonlyArray<string>) => void
}

interface Running {
  readonly epoch: number | null
  readonly fiber: Fiber.Fiber<void>
}

const failed = ({ isRetryable, message, operation }: DriverError): Answer => ({ _tag: "Failed", operation, message, isRetryable })

/** Calls of one server wait for each other in the order they came. */
const makeTurns = () => {
  const turns = new Map<string, { readonly semaphore: Semaphore.Semaphore; waiting: number }>()
  return <A, E>(key: string | null, work: Effect.Effect<A, E>): Effect.Effect<A, E> => {
    if (key === null) return work
    return Effect.suspend(() => {
      const turn = turns.get(key) ?? { semaphore: Semaphore.makeUnsafe(1), waiting: 0 }
      turn.waiting += 1
      turns.set(key, turn)
      return Semaphore.withPermit(turn.semaphore, work).pipe(
        Effect.ensuring(Effect.sync(() => {
          turn.waiting -= 1
          if (turn.waiting === 0) turns.delete(key)
        }))
      )
    })
  }
}

export const makeCallDesk = (
  { driver, localize, memory, tell }: CallDeskOptions
): Effect.Effect<CallDesk, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const inTurn = makeTurns()
    const running = new Map<string, Running>()
    /** Outcomes that no runner has heard of yet. */
    const outcomes = new Map<string, Answer>()

    const admitted = (operation: string, epoch: number | null): Effect.Effect<number, DriverError> =>
      Effect.suspend(() => {
        if (epoch === null) return Effect.succeed(0)
        try {
          const verdict = memory.admit(epoch)
          if (typeof verdict === "number") return Effect.succeed(verdict)
          return Effect.fail(new DriverError({ operation, message: verdict, isRetryable: false }))
        } catch (cause) {
          return Effect.fail(new DriverError({ operation, message: "the epoch could not be kept", isRetryable: true, cause }))
        }
      })

    const conclude = (id: string, answer: Answer) =>
      Effect.suspend(() => {
        running.delete(id)
        outcomes.set(id, answer)
        for (const oldest of outcomes.keys()) {
          if (outcomes.size <= Limits.agentAnswersMax) break
          outcomes.delete(oldest)
        }
        return report(id, answer)
      })
    const report = (id: string, answer: Answer) =>
      Effect.map(tell(id, answer), (isHeard) => {
        if (isHeard) outcomes.delete(id)
      })

    const work = ({ call, epoch, id }: Call, driverEpoch: number) =>
      inTurn(
        domainOf(call),
        Effect.scoped(Effect.flatMap(localize(call), (local) => perform(driver, local, { epoch: driverEpoch })))
      ).pipe(
        Effect.catchTag("DriverError", (error) => Effect.succeed(failed(error))),
        Effect.catchDefect((defect) =>
          Effect.as(
            Effect.logError(`${call._tag} under epoch ${epoch} failed`, defect),
            failed(new DriverError({ operation: call._tag, message: "The hypervisor driver failed", isRetryable: true }))
          )),
        Effect.flatMap((answer) => conclude(id, answer))
      )

    const endOlder = (epoch: number | null): void => {
      if (epoch === null) return
      for (const one of running.values()) {
        if (one.epoch !== null && one.epoch < epoch) one.fiber.interruptUnsafe()
      }
    }

    const begin = (call: Call) =>
      Effect.gen(function*() {
        const driverEpoch = yield* admitted(call.call._tag, call.epoch)
        endOlder(call.epoch)
        const fiber = yield* Effect.forkIn(work(call, driverEpoch), scope)
        running.set(call.id, { epoch: call.epoch, fiber })
        fiber.addObserver(() => running.delete(call.id))
      }).pipe(Effect.catchTag("DriverError", (error) => conclude(call.id, failed(error))))

    return {
      start: (call) =>
        Effect.suspend(() => {
          const outcome = outcomes.get(call.id)
          if (outcome !== undefined) return report(call.id, outcome)
          return running.has(call.id) ? Effect.void : begin(call)
        }),
      cancel: (id) => running.get(id)?.fiber.interruptUnsafe(),
      keepOnly: (ids) => {
        const kept = new Set(ids)
        for (const [id, { fiber }] of running) {
          if (!kept.has(id)) fiber.interruptUnsafe()
        }
        for (const id of outcomes.keys()) {
          if (!kept.has(id)) outcomes.delete(id)
        }
      }
    }
  })
