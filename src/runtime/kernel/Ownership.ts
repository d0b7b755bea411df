import { Context } from "effect"

/**
 * Which shard an entity belongs to and the epoch under which this process holds it. Every commit and every driver call
 * carries the epoch, so that a process which lost the shard without noticing changes nothing.
 */
export class Ownership extends Context.Service<Ownership, {
  readonly shardOf: (entityType: string, entityId: string) => string
  /** `-1` when this process does not hold the shard: every commit under it is fenced. */
  readonly epochOf: (shard: string) => number
}>()("kilonova/runtime/kernel/Ownership") {}
