/** Words added to the vocabularies, and taken away. */
import { Effect } from "effect"
import { PlacementAdmin } from "../../../actors/placement/PlacementAdminProtocol.ts"
import { resourceClass } from "./bodies.ts"
import { checkBody } from "./checkBody.ts"
import { classPath, resourceClassOf, traitPath } from "./fields.ts"
import type { Call } from "./Operations.ts"
import { Placement } from "../../../actors/placement/PlacementProtocol.ts"

interface Named {
  readonly name: string
}
const nameIn = (call: Call) => Effect.map(checkBody<Named>(resourceClass, call), ({ name }) => name)
const done = { status: 204 }

export const createClass = Effect.fnUntraced(function*(call: Call) {
  const name = yield* nameIn(call)
  yield* (yield* PlacementAdmin).createClass(name)
  return { status: 201, location: classPath(name) }
})

/** The name of the path, by the rules of the body that names a class. */
export const putClass = Effect.fnUntraced(function*(call: Call) {
  const name = yield* nameIn({ ...call, json: Effect.succeed({ name: call.params["name"] }) })
  const made = yield* (yield* PlacementAdmin).putClass(name)
  return { status: made === "created" ? 201 : 204, location: classPath(name) }
})

export const renameClass = Effect.fnUntraced(function*(call: Call) {
  const name = yield* nameIn(call)
  yield* (yield* PlacementAdmin).renameClass(call.params["name"]!, name)
  return { body: resourceClassOf(name) }
})

export const deleteClass = Effect.fnUntraced(function*(call: Call) {
  yield* (yield* PlacementAdmin).deleteClass(call.params["name"]!)
  return done
})

export const putTrait = Effect.fnUntraced(function*(call: Call) {
  const name = call.params["name"]!
  const made = yield* (yield* PlacementAdmin).putTrait(name)
  const modifiedAt = (yield* Placement).madeAt("trait", name)
  return { status: made === "created" ? 201 : 204, location: traitPath(name), modifiedAt }
})

export const deleteTrait = Effect.fnUntraced(function*(call: Call) {
  yield* (yield* PlacementAdmin).deleteTrait(call.params["name"]!)
  return done
})
