/** Stores of tests: opened in the test's scope, and written to in one line. */
import { Context, Effect, Layer } from "effect"
import { Store } from "../../../src/runtime/kernel/Store.ts"
import type { StoreBatch } from "../../../src/runtime/kernel/Store.ts"
import * as RedisStore from "../../../src/runtime/redis/RedisStore.ts"
import type { Options } from "../../../src/runtime/redis/settings.ts"

export const openStore = (options: Options) =>
  Effect.map(Layer.build(Layer.fresh(RedisStore.layer(options))), (context) => Context.get(context, Store))

/** One commit that makes the stream `id`. */
export const making = (id: string, number: number, rest: Partial<StoreBatch> = {}): StoreBatch => ({
  writer: "w",
  number,
  known: 0,
  commits: [{ fences: [], requestId: null, reply: "null", appends: [{ type: "thing", id, expected: 0, pending: false, state: `"${id}"`, events: "[]" }] }],
  ...rest
})
