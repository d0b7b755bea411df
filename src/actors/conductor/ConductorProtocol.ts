import { Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { Instance } from "../instance/Instance.ts"
import { trusted } from "../shared/trusted.ts"

/** Begins the server's pending step, where it takes more than the server and its host. */
export const Run = Rpc.make("Run", { payload: Schema.Struct({ instance: trusted(Instance) }) })

export const ConductorEntity = Entity.make("Conductor", [Run])
