import { Result } from "effect"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import type { Call, Link } from "./Call.ts"

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** The last one shown, when there are more: what the next page starts after. */
  readonly next: string | null
}

/** The page size asked for; `zero` says what `limit=0` means: nothing, or no limit of one's own. */
export const limitOf = (call: Call, zero: "none" | "all" = "all"): number => {
  const text = call.query.get("limit")
  const asked = text === null ? Limits.pageSizeMax : Number(text)
  return Math.min(asked === 0 && zero === "all" ? Limits.pageSizeMax : asked, Limits.pageSizeMax)
}

/** The part of a sorted list behind the marker. */
export const pageOf = <A>(
  call: Call,
  items: ReadonlyArray<A>,
  keyOf: (item: A) => string,
  zero: "none" | "all" = "all"
): Result.Result<Page<A>, Refusal> => {
  const marker = call.query.get("marker")
  const limit = limitOf(call, zero)
  let start = 0
  if (marker !== null) {
    start = items.findIndex((item) => keyOf(item) === marker) + 1
    if (start === 0) return Result.fail(refuse("badRequest", `marker [${marker}] not found`, "MarkerNotFound"))
  }
  const shown = items.slice(start, start + limit)
  const isFull = shown.length === limit && shown.length > 0
  return Result.succeed({ items: shown, next: isFull ? keyOf(shown.at(-1)!) : null })
}

/** `<collection>_links` of a full page; nothing at all otherwise. */
export const nextLinks = (call: Call, name: string, next: string | null): Readonly<Record<string, ReadonlyArray<Link>>> => {
  if (next === null) return {}
  const query = new URLSearchParams(call.query)
  query.set("marker", next)
  return { [name]: [{ rel: "next", href: `${call.self}${call.path}?${query}` }] }
}
