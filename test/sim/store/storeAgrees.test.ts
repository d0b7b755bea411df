/** The model and a real Redis answer alike, operation by operation: what is simulated is what will run. */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Stream } from "effect"
import { Store } from "../../../src/runtime/kernel/Store.ts"
import type { StoreRunner, StoreSnapshot } from "../../../src/runtime/kernel/Store.ts"
import * as RedisStore from "../../../src/runtime/redis/RedisStore.ts"
import { describeRedis, redisServer } from "../../fixtures/redisServer.ts"
import { simulate } from "../run/simulate.ts"
import { lasting, randomHistory } from "./histories.ts"
import * as modelStore from "./modelStore.ts"
import type { Operation } from "./operations.ts"

/** In one order, as texts. */
const byText = (list: ReadonlyArray<object | string>) =>
  list.map((item) => typeof item === "string" ? item : JSON.stringify(Object.entries(item).sort(([a], [b]) => a < b ? -1 : 1))).sort()

/** The store's answer without what must differ: whose cloud it is, and its clock. */
const answerOf = Effect.fnUntraced(function*(operation: Operation) {
  const store = yield* Store
  const exit = yield* Effect.exit(ask(store, operation))
  if (Exit.isFailure(exit)) {
    const error = Exit.findErrorOption(exit)
    return error._tag === "Some" && "_tag" in (error.value as object)
      ? (({ _tag, known, position }) => ({ _tag, known, position }))(error.value as { _tag: string; known?: number; position?: number }) : exit
  }
  switch (operation.name) {
    case "head": return { ...(exit.value as object), cloudId: "", atMillis: 0 }
    case "runners": return byText((exit.value as ReadonlyArray<StoreRunner>).map((runner) => ({ ...runner, leaseUntilMillis: 0 })))
    case "scan": return byText(exit.value as ReadonlyArray<StoreSnapshot>)
    case "refresh": return exit.value === null ? null : byText(exit.value as ReadonlyArray<string>)
    default: return exit.value ?? null
  }
})

const ask = (store: Store["Service"], operation: Operation): Effect.Effect<unknown, unknown> => {
  switch (operation.name) {
    case "head": return store.head
    case "runners": return store.runners
    case "condemn": return store.condemn
    case "beginTimeline": return Effect.void
    case "scan": return Stream.runCollect(store.scan(operation.args[0]))
    case "commit": return store.commit(operation.args[0])
    default: return (store[operation.name] as (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>)(...operation.args)
  }
}

const agree = (about: string, history: ReadonlyArray<Operation>) =>
  Effect.gen(function*() {
    const redis = Layer.unwrap(Effect.map(redisServer(), ({ url }) => RedisStore.layer({ url })))
    const answers = Effect.forEach(history, answerOf)
    const [model, real] = yield* Effect.all([
      Effect.provide(answers, modelStore.layer, { local: true }), Effect.provide(answers, redis, { local: true })
    ])
    for (const [at, operation] of history.entries()) {
      assert.deepStrictEqual(real[at], model[at], `${about}, operation ${at}: ${JSON.stringify(operation)}`)
    }
  })

const seeds = process.env["KILONOVA_SEED"] === undefined ? [1, 2, 3, 4, 5, 6, 7, 8] : [Number(process.env["KILONOVA_SEED"])]

describeRedis("the model of the store", () => {
  for (const seed of seeds) {
    it.live(`answers as Redis does to random operations, seed ${seed}`, () => agree(`seed ${seed}`, randomHistory(seed, 600)))
  }

  it.live("answers as Redis does to what a simulated cluster asked for", () => {
    const { cluster } = simulate({ seed: 11, minutes: 0.3, workload: "churn", faults: ["crash", "breaks", "partition"] })
    const history = cluster.store.history.map(({ operation }) => lasting(operation)).slice(0, 3_000)
    assert.isAbove(history.length, 300)
    return agree("simulated", history)
  })
})
