import { Context } from "effect"
import type { Effect } from "effect"
import type { Asked } from "../instance/ServersProtocol.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Drain, DrainStep } from "./whatIf/DrainPlan.ts"

/** Carries out plans that empty hosts. All that is known of one is where its servers are: so whoever asks goes on with it. */
export class Drains extends Context.Service<Drains, {
  /**
   * Begins the moves that are next, unless something is not as the plan took it to be; asked again until none waits. The host
   * is disabled first, so that nobody new comes, and stays so.
   */
  readonly advance: (asked: Asked, drain: Drain) => Effect.Effect<DrainStep, Refusal>
}>()("kilonova/actors/scheduler/Drains") {}
