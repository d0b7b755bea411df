/** The vocabularies: resource classes and traits. */
import { Effect } from "effect"
import { Placement } from "../../../actors/placement/PlacementProtocol.ts"
import { noSuchResourceClass, noSuchTraits } from "../../../actors/placement/refusals.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { resourceClassOf } from "./fields.ts"
import type { Call } from "./Operations.ts"
import { lastOf } from "./queries.ts"

export const listResourceClasses = () =>
  Effect.map(Placement, (placement) => ({
    modifiedAt: null,
    body: { resource_classes: placement.resourceClasses().map(resourceClassOf) }
  }))

export const showResourceClass = Effect.fnUntraced(function*(call: Call) {
  const name = call.params["name"]!
  const placement = yield* Placement
  return placement.hasResourceClass(name)
    ? { modifiedAt: placement.madeAt("resourceClass", name), body: resourceClassOf(name) }
    : yield* refuse("notFound", noSuchResourceClass(name))
})

const bad = (message: string) => refuse("badRequest", message)

/** `in:A,B` or `startswith:A`; another word before the colon filters nothing. */
const nameFilter = (text: string | null): ((name: string) => boolean) | undefined => {
  if (text === null) return () => true
  const colon = text.indexOf(":")
  if (colon < 0) return undefined
  const [kind, value] = [text.slice(0, colon), text.slice(colon + 1)]
  if (kind === "startswith") return (name) => name.startsWith(value)
  const names = new Set(value.split(","))
  return kind === "in" ? (name) => names.has(name) : () => true
}

export const listTraits = Effect.fnUntraced(function*(call: Call) {
  const placement = yield* Placement
  const text = lastOf(call.query, "name")
  const isNamed = nameFilter(text)
  if (isNamed === undefined) {
    return yield* bad(`Badly formatted name parameter. Expected ?name=in:name1,name2 or ?name=startswith:prefix. Got: "${text!.slice(0, Limits.echoCharsMax)}"`)
  }
  const associated = lastOf(call.query, "associated")?.toLowerCase() ?? null
  if (associated !== null && associated !== "true" && associated !== "false") {
    return yield* bad("The query parameter \"associated\" only accepts \"true\" or \"false\"")
  }
  const inUse = new Set<string>()
  if (associated !== null) for (const { traits } of placement.providers()) for (const trait of traits) inUse.add(trait)
  const isWanted = (name: string) => isNamed(name) && (associated === null || inUse.has(name) === (associated === "true"))
  return { modifiedAt: null, body: { traits: placement.traits().filter(isWanted) } }
})

export const showTrait = Effect.fnUntraced(function*(call: Call) {
  const name = call.params["name"]!
  const placement = yield* Placement
  return placement.hasTrait(name)
    ? { status: 204, modifiedAt: placement.madeAt("trait", name) }
    : yield* refuse("notFound", noSuchTraits([name]))
})
