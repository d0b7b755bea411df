import { createContext, Script } from "node:vm"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import type { Filter } from "../../../../actors/instance/query.ts"
import { Limits } from "../../../../runtime/Limits.ts"

const room = createContext({}) as { work?: () => void }
const call = new Script("work()")
const tooLong = refuse("badRequest", "The regular expressions of this query take too long: make them simpler.")

/** Only a repetition can take more steps than there are characters. */
const repeats = /[*+{]/
const isRisky = (filter: Filter): boolean =>
  filter.kind === "matches"
    ? repeats.test(filter.pattern.source)
    : filter.kind === "address" && filter.patterns.some(({ pattern }) => repeats.test(pattern.source))

/**
 * Reads a list whose filters may hold callers' regular expressions. Some of those would run for hours on one name, and
 * nothing else in this process with them; the engine stops them when their time is over.
 */
export const readInTime = <A>(filters: ReadonlyArray<Filter>, read: () => A): A | Refusal => {
  if (!filters.some(isRisky)) return read()
  let answer: A | Refusal = tooLong
  room.work = () => {
    answer = read()
  }
  try {
    call.runInContext(room as object, { timeout: Limits.filterMillisMax })
    return answer
  } catch (error) {
    if ((error as { readonly code?: string }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return tooLong
    throw error
  } finally {
    delete room.work
  }
}
