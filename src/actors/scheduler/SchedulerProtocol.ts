import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { Allocations, Instance } from "../instance/Instance.ts"
import { NumaFit } from "../instance/numaFit.ts"
import { ClaimedDevice } from "../placement/devices/Device.ts"
import { Fence } from "../shared/Promise.ts"
import { Refusal } from "../shared/Refusal.ts"
import { trusted } from "../shared/trusted.ts"
import { Proof } from "./proof/Proof.ts"
import { WhatIfAnswer, WhatIfQuestion } from "./whatIf/WhatIf.ts"

/** The server's commit that names the host rests on `promise`. */
export const Selection = Schema.Struct({
  host: Schema.String,
  availabilityZone: Schema.String,
  promise: Fence,
  /** Where the guest's NUMA cells lie on the host; `null` or absent: they may lie anywhere. */
  numa: Schema.optionalKey(Schema.NullOr(NumaFit)),
  /** The host's devices that it gets; absent: none. */
  devices: Schema.optionalKey(Schema.Array(ClaimedDevice)),
  /** Who beside the host's own provider gives what; absent: nobody. */
  allocations: Schema.optionalKey(Allocations),
  /** Why there; absent: an older scheduler said so. */
  placement: Schema.optionalKey(Proof)
})
export type Selection = typeof Selection.Type

/** No host: `message` for the server's owner, `code` what each filter said, for administrators. */
export class NoValidHost extends Refusal.extend<NoValidHost>("NoValidHost")({ placement: Proof }) {}

/** Picks a host and holds its resources until the server says it is there; refused with the reason per filter. */
export const Select = Rpc.make("Select", {
  payload: Schema.Struct({ instance: trusted(Instance) }),
  success: trusted(Selection),
  error: Schema.Union([NoValidHost, Refusal])
})

/** What would come of it; nothing is held. */
export const WhatIf = Rpc.make("WhatIf", {
  payload: Schema.Struct({ question: trusted(WhatIfQuestion) }),
  success: trusted(WhatIfAnswer),
  error: Refusal
})

/** One entity per cell. */
export const SchedulerEntity = Entity.make("Scheduler", [Select, WhatIf])
export const defaultCell = "cell1"
