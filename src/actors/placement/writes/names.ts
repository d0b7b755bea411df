/** The words that clients add to the vocabularies and take away: traits and resource classes, all of them `CUSTOM_…`. */
import { Result } from "effect"
import type { Change } from "../../../runtime/kernel/Records.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { refuse } from "../../shared/Refusal.ts"
import { type Amounts, consumerRecords, customClasses, customTraits, providerRecords } from "../records.ts"
import { bad, conflict, noSuchResourceClass, noSuchTraits, tooMany } from "../refusals.ts"
import { isCustomName } from "../traits.ts"
import type { Decision, Sight } from "./Sight.ts"

/** Was it made now, or was it there? */
type Made = "created" | "known"

/** How many there may be, and how the limit is named. */
interface Counted {
  readonly max: number
  readonly what: string
  readonly limit: string
}
const traitCount: Counted = { max: Limits.placementTraitsMax, what: "custom traits", limit: "placementTraitsMax" }
const classCount: Counted = { max: Limits.placementResourceClassesMax, what: "custom resource classes", limit: "placementResourceClassesMax" }

const make = ({ now, records }: Sight, table: typeof customTraits, name: string, { limit, max, what }: Counted): Decision<Made> =>
  records.size(table) >= max
    ? Result.fail(tooMany(what, max, limit))
    : Result.succeed({ changes: [{ table, put: { name, createdAt: now }, expect: "absent" }], answer: "created" })

const known: Decision<Made> = Result.succeed({ changes: [], answer: "known" })

const traitRule =
  `A valid trait must be no longer than ${Limits.placementNameCharsMax} characters, start with the prefix "CUSTOM_" and use following ` +
  "characters: \"A\"-\"Z\", \"0\"-\"9\" and \"_\""

export const putTrait = (sight: Sight, name: string): Decision<Made> => {
  if (!isCustomName(name)) return Result.fail(bad(`The trait is invalid. ${traitRule}`))
  return sight.placement.hasTrait(name)
    ? known
    : make(sight, customTraits, name, traitCount)
}

export const deleteTrait = ({ placement, records }: Sight, name: string): Decision<void> => {
  if (!placement.hasTrait(name)) return Result.fail(refuse("notFound", noSuchTraits([name])))
  if (!isCustomName(name)) return Result.fail(bad(`Cannot delete standard trait ${name}.`))
  if (placement.providers().some(({ traits }) => traits.has(name))) {
    return Result.fail(conflict(`The trait ${name} is in use by a resource provider.`))
  }
  return Result.succeed({
    changes: [{ table: customTraits, remove: name, expect: records.version(customTraits, name) }], answer: undefined
  })
}

/** Made unless it is there. */
export const putClass = (sight: Sight, name: string): Decision<Made> => {
  if (!isCustomName(name)) {
    return Result.fail(bad(`The resource class is invalid: '${name.slice(0, Limits.echoCharsMax)}' is no name of a custom class.`))
  }
  return sight.placement.hasResourceClass(name)
    ? known
    : make(sight, customClasses, name, classCount)
}

/** Made, and refused if it is there. */
export const createClass = (sight: Sight, name: string): Decision<Made> =>
  sight.placement.hasResourceClass(name)
    ? Result.fail(conflict(`Conflicting resource class already exists: ${name}`))
    : putClass(sight, name)

export const deleteClass = ({ placement, records }: Sight, name: string): Decision<void> => {
  if (!placement.hasResourceClass(name)) return Result.fail(refuse("notFound", noSuchResourceClass(name)))
  if (!isCustomName(name)) return Result.fail(bad(`Error in delete resource class: Cannot delete standard resource class ${name}.`))
  if (placement.providers().some(({ inventories }) => inventories.has(name))) {
    return Result.fail(conflict(`Error in delete resource class: Cannot delete resource class ${name}. Class is in use in inventory.`))
  }
  return Result.succeed({
    changes: [{ table: customClasses, remove: name, expect: records.version(customClasses, name) }], answer: undefined
  })
}

const renamed = <A>(entries: { readonly [name: string]: A }, from: string, to: string): { readonly [name: string]: A } =>
  Object.fromEntries(Object.entries(entries).map(([name, value]) => [name === from ? to : name, value]))

/** Whoever has it or holds it goes on with it under its new name. */
const renameEverywhere = ({ records }: Sight, from: string, to: string): ReadonlyArray<Change> => {
  const changes: Array<Change> = []
  for (const record of records.all(providerRecords)) {
    if (!Object.hasOwn(record.inventories, from)) continue
    const put = { ...record, inventories: renamed(record.inventories, from, to) }
    changes.push({ table: providerRecords, put, expect: records.version(providerRecords, record.uuid) })
  }
  for (const record of records.all(consumerRecords)) {
    if (!Object.values(record.allocations).some((amounts: Amounts) => Object.hasOwn(amounts, from))) continue
    const allocations = Object.fromEntries(Object.entries(record.allocations).map(([uuid, amounts]) => [uuid, renamed(amounts, from, to)]))
    changes.push({ table: consumerRecords, put: { ...record, allocations }, expect: records.version(consumerRecords, record.id) })
  }
  return changes
}

/** Of the versions before a class was made by a PUT. */
export const renameClass = (sight: Sight, from: string, to: string): Decision<void> => {
  const { placement, records } = sight
  if (!placement.hasResourceClass(from)) return Result.fail(refuse("notFound", noSuchResourceClass(from)))
  const before = records.get(customClasses, from)
  if (before === undefined) return Result.fail(bad(`Cannot update standard resource class ${from}`))
  if (from === to) return Result.succeed({ changes: [], answer: undefined })
  if (placement.hasResourceClass(to)) return Result.fail(conflict(`Resource class already exists: ${to}`))
  return Result.succeed({
    changes: [
      { table: customClasses, remove: from, expect: records.version(customClasses, from) },
      { table: customClasses, put: { ...before, name: to }, expect: "absent" },
      ...renameEverywhere(sight, from, to)
    ],
    answer: undefined
  })
}
