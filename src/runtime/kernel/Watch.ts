import { Context } from "effect"
import type { Stream } from "effect"
import type { FeedEntry, JournalUnavailable } from "./Journal.ts"

/** The feed as it grows. */
export class Watch extends Context.Service<Watch, {
  /** Entries after the position (`null`: after the newest now), then each new one: in order and without a gap. Never ends. */
  readonly entries: (after: number | null) => Stream.Stream<FeedEntry, JournalUnavailable>
}>()("kilonova/runtime/kernel/Watch") {}
