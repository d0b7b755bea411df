/** As many answers as ever agree with the reference's recorded ones; see `npm run conformance`. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isRecorded, readTests, usualFolder } from "./exchanges.ts"
import { replay } from "./replay.ts"
import { agreeing } from "./report.ts"

/** Of 1049. Raise it when more agree. */
const floor = 750

describe.skipIf(!isRecorded(usualFolder))("recorded exchanges (needs the reference data)", () => {
  it.effect(`${floor} of them agree`, () =>
    Effect.gen(function*() {
      const verdicts = yield* Effect.forEach(readTests(usualFolder), replay)
      assert.isAtLeast(agreeing(verdicts.flat()), floor)
    }), 300_000)
})
