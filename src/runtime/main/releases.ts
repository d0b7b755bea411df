/** Which formats may serve one cloud: those of its members, and the newest that ever did, are one apart at most. */
import { Effect } from "effect"
import { readAbout } from "../cluster/about.ts"
import { Journal } from "../kernel/Journal.ts"
import { Records } from "../kernel/Records.ts"
import type { Store } from "../kernel/Store.ts"
import { format } from "../kernel/upcast.ts"
import { Limits } from "../Limits.ts"
import { cannotStart, type StartError } from "./StartError.ts"
import { version } from "./version.ts"

/** The newest format that the cloud was served with: there are states of it, though nobody of it may be left. */
type Served = { readonly id: string; readonly format: number; readonly release: string }

const served = { type: "release", key: (record: Served) => record.id }
const id = "newest"

const complaint = (who: string, other: { readonly format: number; readonly release: string }): string =>
  `${who} (release ${other.release}) writes format ${other.format}, this one (release ${version}) writes ${format}: ` +
  `upgrade by one release at a time, so that formats differ by ${Limits.formatSkewMax} at most`

/** Refuses where this process and the members, or what the store holds, could not read each other's changes. */
export const checkFormats = (store: Store["Service"]): Effect.Effect<void, StartError> =>
  Effect.gen(function*() {
    for (const { about, address } of yield* store.runners) {
      const other = readAbout(about)
      if (Math.abs(other.format - format) > Limits.formatSkewMax) return yield* cannotStart(complaint(`The runner at ${address}`, other))
    }
    const found = yield* store.load(served.type, id)
    const newest = found === null ? null : (JSON.parse(found.state) as { readonly record: Served }).record
    if (newest !== null && newest.format - format > Limits.formatSkewMax) {
      return yield* cannotStart(complaint("The newest runner that has served this cloud", newest))
    }
  }).pipe(Effect.catchTag("StoreUnavailable", ({ cause }) => Effect.fail(cannotStart(`Redis does not answer: ${String(cause)}`))))

/** Writes down that this format has served the cloud; nobody takes it back. */
export const noteFormat = Effect.gen(function*() {
  const records = yield* Records
  yield* (yield* Journal).sync
  const known = records.get(served, id)
  if (known !== undefined && known.format >= format) return
  const expect = known === undefined ? "absent" as const : records.version(served, id)
  yield* records.write([{ table: served, put: { id, format, release: version }, expect }])
}).pipe(Effect.retry({ times: Limits.writeRetriesMax, while: (error) => error._tag === "VersionConflict" }))
