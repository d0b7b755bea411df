import { Schema } from "effect"

/** A shard and the epoch under which a promise was made: it holds while that is the shard's newest. */
export const Fence = Schema.Struct({ shard: Schema.String, epoch: Schema.Int })
export type Fence = typeof Fence.Type

/** The code of a refusal that says: what this rests on was promised by somebody who was replaced, ask for it again. */
export const promiseVoid = "PromiseVoid"
