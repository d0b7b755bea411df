import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { Refusal } from "../shared/Refusal.ts"
import { trusted } from "../shared/trusted.ts"
import { Instance } from "./Instance.ts"
import { Command } from "./InstanceCommand.ts"

/** Decides and commits one command; answers the state after it. */
export const Execute = Rpc.make("Execute", {
  payload: Schema.Struct({ command: trusted(Command) }),
  success: trusted(Instance),
  error: Refusal
})

/** One entity per server, by its UUID. */
export const InstanceEntity = Entity.make("Instance", [Execute])
