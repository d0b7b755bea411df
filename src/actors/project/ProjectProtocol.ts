import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { Fence } from "../shared/Promise.ts"
import { Refusal } from "../shared/Refusal.ts"

/**
 * Holds quota for as many equal servers as fit, `ids.length` at most and `min` at least; answers how many. It is held
 * until the server is seen, or given back, or `holder` (who asks, as a member of the cluster) is no more. The server's
 * first commit rests on `promise` and on `holder`.
 */
export const Reserve = Rpc.make("Reserve", {
  payload: Schema.Struct({
    userId: Schema.String,
    ids: Schema.Array(Schema.String),
    min: Schema.Int,
    cores: Schema.Int,
    ramMb: Schema.Int,
    /** The servers will be members of this group, whose members of one user are counted too. */
    serverGroupId: Schema.NullOr(Schema.String),
    /** Of a server that is there, and grows by so much with this move. */
    moveId: Schema.optionalKey(Schema.String),
    holder: Schema.NullOr(Fence)
  }),
  success: Schema.Struct({ count: Schema.Int, promise: Fence }),
  error: Refusal
})

/** Gives back what was held for servers that were not made after all. */
export const Release = Rpc.make("Release", { payload: Schema.Struct({ ids: Schema.Array(Schema.String) }) })

/** One entity per project: quota is exact because one actor counts. */
export const ProjectEntity = Entity.make("Project", [Reserve, Release])
