import { Clock, Effect } from "effect"
import { flavors } from "../../actors/catalog/Flavor.ts"
import { standardFlavors } from "../../actors/catalog/standardFlavors.ts"
import { isoOf } from "../../actors/shared/time.ts"
import { Records } from "../kernel/Records.ts"

/** Flavors for a cloud that has none at all. */
export const seedFlavors = Effect.gen(function*() {
  const records = yield* Records
  if (records.size(flavors) > 0) return
  const at = isoOf(yield* Clock.currentTimeMillis)
  yield* records.write(standardFlavors.map((flavor) => ({ table: flavors, put: flavor(at), expect: "absent" as const })))
})
