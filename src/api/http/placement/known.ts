import type { Placement } from "../../../actors/placement/PlacementProtocol.ts"
import type { Wanted } from "../../../actors/placement/Provider.ts"
import { noSuchResourceClass, noSuchTraits } from "../../../actors/placement/refusals.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"

/** A class or a trait that nobody has made is a mistake, not an empty answer. */
export const checkKnown = (
  placement: Placement["Service"],
  { forbidden, required, resources }: Pick<Wanted, "resources" | "required" | "forbidden">
): Refusal | null => {
  for (const name of resources.keys()) {
    if (!placement.hasResourceClass(name)) {
      return refuse("badRequest", `Invalid resource class in resources parameter: ${noSuchResourceClass(name)}`)
    }
  }
  const named = new Set([...required.flatMap((any) => [...any]), ...forbidden])
  const unknown = [...named].filter((name) => !placement.hasTrait(name))
  return unknown.length === 0 ? null : refuse("badRequest", `Invalid trait(s) in "required" parameter: ${noSuchTraits(unknown)}`)
}
