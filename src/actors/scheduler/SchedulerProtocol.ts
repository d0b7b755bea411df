import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { Instance } from "../instance/Instance.ts"
import { Fence } from "../shared/Promise.ts"
import { Refusal } from "../shared/Refusal.ts"
import { trusted } from "../shared/trusted.ts"

/** The server's commit that names the host rests on `promise`. */
export const Selection = Schema.Struct({ host: Schema.String, availabilityZone: Schema.String, promise: Fence })
export type Selection = typeof Selection.Type

/** Picks a host and holds its resources until the server says it is there; refused with the reason per filter. */
export const Select = Rpc.make("Select", {
  payload: Schema.Struct({ instance: trusted(Instance) }),
  success: trusted(Selection),
  error: Refusal
})

/** One entity per cell. */
export const SchedulerEntity = Entity.make("Scheduler", [Select])
export const defaultCell = "cell1"
