import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { Instance } from "../instance/Instance.ts"
import { Refusal } from "../shared/Refusal.ts"
import { trusted } from "../shared/trusted.ts"

/** Begins the server's pending step on this host's hypervisor; its outcome reaches the server as a message. */
export const Drive = Rpc.make("Drive", { payload: Schema.Struct({ instance: trusted(Instance) }) })

/** The hypervisor saw a guest's power change. `power` in Nova's numbers. */
export const Observe = Rpc.make("Observe", { payload: Schema.Struct({ instanceId: Schema.String, power: Schema.Int }) })

/** The serial console's text so far. */
export const ConsoleLog = Rpc.make("ConsoleLog", {
  payload: Schema.Struct({ instanceId: Schema.String }),
  success: Schema.String,
  error: Refusal
})

/** Lets the server's move from this host come to its end, though its guest stands still meanwhile. */
export const ForceMigration = Rpc.make("ForceMigration", { payload: Schema.Struct({ instanceId: Schema.String }), error: Refusal })

/** One entity per hypervisor, by its hostname. */
export const HostEntity = Entity.make("Host", [Drive, Observe, ConsoleLog, ForceMigration])
