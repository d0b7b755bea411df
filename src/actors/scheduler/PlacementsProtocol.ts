import { Context } from "effect"
import type { Effect } from "effect"
import type { Instance } from "../instance/Instance.ts"
import type { Asked } from "../instance/ServersProtocol.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Proof } from "./proof/Proof.ts"
import type { Premise } from "./whatIf/DrainPlan.ts"
import type { WhatIfAnswer } from "./whatIf/WhatIf.ts"

export interface Explained {
  readonly server: Instance
  readonly proof: Proof
}

interface Imagined {
  readonly flavorId: string
  readonly imageId: string | null
  readonly zone: string | null
}

/** A dry run by names, as operators have them. */
export type WhatIfAsked =
  | ({ readonly _tag: "Boot" } & Imagined)
  | ({ readonly _tag: "BootSeveral"; readonly count: number; readonly groupPolicy: string | null } & Imagined)
  | { readonly _tag: "Migrate"; readonly server: string; readonly host: string | null }
  | { readonly _tag: "Resize"; readonly server: string; readonly flavorId: string; readonly mayStay?: boolean }
  | { readonly _tag: "Replay"; readonly server: string; readonly request: string | null }
  | { readonly _tag: "Drain"; readonly host: string; readonly premises: ReadonlyArray<Premise> }

/** What operators may ask of decisions of the scheduler. Faces see to it that only administrators do. */
export class Placements extends Context.Service<Placements, {
  /** `id`: of a server (all that is kept of it, newest first), or of a request that made or moved servers; at most `Limits.explanationsMax`. */
  readonly explain: (id: string) => Effect.Effect<ReadonlyArray<Explained>, Refusal>
  /** Nothing is held or written for it. */
  readonly whatIf: (asked: Asked, question: WhatIfAsked) => Effect.Effect<WhatIfAnswer, Refusal>
}>()("kilonova/actors/scheduler/Placements") {}
