import type { Call } from "./Call.ts"
import { holds, type Window } from "../Window.ts"

/** One key of an answer: where its value comes from, and who sees it when. `undefined` leaves the key out. */
export interface Field<A> extends Window {
  readonly key: string
  readonly from: (source: A, call: Call) => unknown
  /** In these views only; in all of them by default. */
  readonly views?: ReadonlyArray<string>
  /** Seen only by callers whom this policy allows. */
  readonly policy?: string
}

export const field = <A>(
  key: string,
  from: (source: A, call: Call) => unknown,
  when: Omit<Field<A>, "key" | "from"> = {}
): Field<A> => ({ key, from, ...when })

export type Render<A> = (call: Call, view: string, source: A) => Record<string, unknown>

/** Folds rows once for each version and view they are asked for; what is left to do for a source is a plain loop. */
export const renderer = <A>(fields: ReadonlyArray<Field<A>>): Render<A> => {
  const folded = new Map<string, Array<ReadonlyArray<Field<A>>>>()
  const rowsFor = (version: number, view: string): ReadonlyArray<Field<A>> => {
    let versions = folded.get(view)
    if (versions === undefined) folded.set(view, versions = [])
    return versions[version] ??= fields.filter((row) =>
      holds(row, version) && (row.views === undefined || row.views.includes(view))
    )
  }
  return (call, view, source) => {
    const shown: Record<string, unknown> = {}
    for (const row of rowsFor(call.version, view)) {
      if (row.policy !== undefined && !call.allows(row.policy, call.ownTarget)) continue
      const value = row.from(source, call)
      if (value !== undefined) shown[row.key] = value
    }
    return shown
  }
}

/** The keys of a view, in order, for whom every policy allows. */
export const keysAt = <A>(fields: ReadonlyArray<Field<A>>, version: number, view: string): ReadonlyArray<string> =>
  fields.filter((row) => holds(row, version) && (row.views === undefined || row.views.includes(view))).map((row) => row.key)
