import { Clock, Effect, Layer, Random, Result } from "effect"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import type { Caller } from "../shared/Caller.ts"
import { uuidFrom } from "../shared/ids.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { isoOf } from "../shared/time.ts"
import { type Flavor, flavors } from "./Flavor.ts"
import { Flavors } from "./FlavorsProtocol.ts"
import * as rules from "./flavorRules.ts"

export const layer = Layer.effect(Flavors, Effect.gen(function*() {
  const records = yield* Records
  const random = yield* Random.Random
  const newId = () => uuidFrom(() => random.nextDoubleUnsafe())
  const get = (caller: Caller, id: string) => rules.found(records.get(flavors, id), id, caller)

  /** A change to one flavor the caller sees. */
  const change = (caller: Caller, id: string, decide: (flavor: Flavor) => Result.Result<Flavor, Refusal>) =>
    decideAndWrite(records, () => {
      const expect = records.version(flavors, id)
      return Result.map(Result.flatMap(get(caller, id), decide), (put) => ({
        changes: [{ table: flavors, put, expect }],
        answer: put
      }))
    })

  return Flavors.of({
    get: (caller, id) => Effect.suspend(() => Effect.fromResult(get(caller, id))),
    list: (caller, filter) => [...records.all(flavors)].filter((flavor) => rules.passes(flavor, filter, caller)),
    create: (draft) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const id = draft.id ?? newId()
        return decideAndWrite(records, () =>
          Result.map(
            rules.create(draft, id, isoOf(now), {
              id: records.get(flavors, id) !== undefined,
              name: records.find(flavors, "name", draft.name) !== undefined
            }),
            (put) => ({ changes: [{ table: flavors, put, expect: "absent" as const }], answer: put })
          ))
      }),
    describe: (caller, id, description) => change(caller, id, (flavor) => Result.succeed({ ...flavor, description })),
    remove: (caller, id) =>
      decideAndWrite(records, () => {
        const expect = records.version(flavors, id)
        return Result.map(get(caller, id), () => ({ changes: [{ table: flavors, remove: id, expect }], answer: undefined }))
      }),
    setExtraSpecs: (caller, id, specs) =>
      change(caller, id, (flavor) => Result.succeed({ ...flavor, extraSpecs: { ...flavor.extraSpecs, ...specs } })),
    removeExtraSpec: (caller, id, key) => Effect.asVoid(change(caller, id, (flavor) => rules.withoutExtraSpec(flavor, key))),
    grant: (caller, id, projectId) => change(caller, id, (flavor) => rules.grant(flavor, projectId)),
    revoke: (caller, id, projectId) => change(caller, id, (flavor) => rules.revoke(flavor, projectId))
  })
}))
