import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { Limits } from "../../runtime/Limits.ts"
import { Instance } from "../instance/Instance.ts"
import { trusted } from "../shared/trusted.ts"

/** Begins the server's pending step, where it takes more than the server and its host. */
export const Run = Rpc.make("Run", { payload: Schema.Struct({ instance: trusted(Instance) }) })

/** A fixed number of conductors share the servers: a workflow's state is the server's own, so none is needed per server. */
export const ConductorEntity = Entity.make("Conductor", [Run])

export const conductorOf = (instanceId: string): string =>
  `conductor-${Number.parseInt(instanceId.slice(0, 4), 16) % Limits.conductors}`
