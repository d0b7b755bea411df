import { Context } from "effect"
import type { Effect } from "effect"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { ServerGroup } from "./ServerGroup.ts"

export interface ServerGroupDraft {
  readonly name: string
  readonly policy: ServerGroup["policy"]
  /** `null`: no rule was given. */
  readonly maxServerPerHost: number | null
}

/** What the faces may ask of server groups. Those of other projects are `notFound`, unless an administrator asks. */
export class ServerGroups extends Context.Service<ServerGroups, {
  readonly get: (caller: Caller, id: string) => Effect.Effect<ServerGroup, Refusal>
  /** In the order of creation; `null`: of all projects. */
  readonly list: (projectId: string | null) => ReadonlyArray<ServerGroup>
  readonly create: (caller: Caller, draft: ServerGroupDraft) => Effect.Effect<ServerGroup, Refusal>
  readonly remove: (caller: Caller, id: string) => Effect.Effect<void, Refusal>
}>()("kilonova/actors/catalog/ServerGroups") {}
