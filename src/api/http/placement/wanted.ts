/** What the values of Placement's filters mean: `VCPU:1,DISK_GB:5`, `in:HW_A,HW_B`, `!HW_C`, `in:<uuid>,<uuid>`. */
import { Result } from "effect"
import { anything, type Wanted } from "../../../actors/placement/Provider.ts"
import type { Resources } from "../../../actors/placement/resourceClasses.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { isUuid } from "../compute/formats.ts"
import { behaviours } from "./behaviours.ts"
import type { Call } from "./Operations.ts"
import { lastOf } from "./queries.ts"
import { textOf } from "./versions.ts"

const bad = (message: string) => Result.fail(refuse("badRequest", message.slice(0, Limits.echoCharsMax)))

const parseResources = (text: string): Result.Result<Resources, Refusal> => {
  const wanted = new Map<string, number>()
  for (const entry of text.split(",")) {
    const [name = "", amount, ...more] = entry.split(":")
    if (amount === undefined || more.length > 0) {
      const got = text.trim() === "" ? "empty string" : entry
      return bad(`Badly formed resources parameter: expected a form like ?resources=VCPU:2,MEMORY_MB:1024. Got: ${got}.`)
    }
    if (!/^\s*[+-]?\d+\s*$/.test(amount)) return bad(`Requested resource ${name} expected positive integer amount. Got: ${amount}.`)
    if (Number(amount) < 1) return bad(`Requested resource ${name} requires amount >= 1. Got: ${amount}.`)
    wanted.set(name, Number(amount))
  }
  return Result.succeed(wanted)
}

type Traits = Pick<Wanted, "required" | "forbidden">

/** `parameter` is for the message; a version that has no forbidden traits or no alternatives refuses them. */
export const parseTraits = (call: Pick<Call, "within">, text: string, parameter: string): Result.Result<Traits, Refusal> => {
  const isChoice = text.startsWith("in:")
  const names = (isChoice ? text.slice(3) : text).split(",").map((name) => name.trim())
  const negated = names.filter((name) => name.startsWith("!"))
  const problem = isChoice && !call.within(behaviours.anyOfTraits)
    ? `the form in: is known since ${textOf(behaviours.anyOfTraits.since)}`
    : isChoice && negated.length > 0
    ? "the form in: takes no forbidden traits"
    : negated.length > 0 && !call.within(behaviours.forbiddenTraits)
    ? `forbidden traits are known since ${textOf(behaviours.forbiddenTraits.since)}`
    : names.some((name) => name.replace(/^!+/, "") === "")
    ? "a trait is empty"
    : undefined
  if (problem !== undefined) return bad(`Invalid query string parameters: '${parameter}': ${problem}. Got: ${text}`)
  const wished = names.filter((name) => !name.startsWith("!"))
  return Result.succeed({
    required: isChoice ? [new Set(wished)] : wished.map((name) => new Set([name])),
    forbidden: new Set(negated.map((name) => name.replace(/^!+/, "")))
  })
}

type Aggregates = Pick<Wanted, "memberOf" | "notMemberOf">

const parseAggregates = (text: string): Result.Result<{ readonly uuids: ReadonlySet<string>; readonly isForbidden: boolean }, Refusal> => {
  const [, not, many, rest] = /^(!?)(in:)?(.*)$/s.exec(text)!
  if (many === undefined && rest!.includes(",")) return bad(`Multiple values for 'member_of' must be prefixed with 'in:' or '!in:'. Got: ${text}`)
  const uuids = rest!.split(",")
  const wrong = uuids.find((uuid) => !isUuid(uuid))
  return wrong === undefined
    ? Result.succeed({ uuids: new Set(uuids), isForbidden: not === "!" })
    : bad(`Invalid query string parameters: Expected 'member_of' parameter to contain valid UUID(s). Got: ${wrong}`)
}

const aggregatesOf = (call: Call, parameter: string): Result.Result<Aggregates, Refusal> => {
  const given = call.query.getAll(parameter)
  if (given.length > 1 && !call.within(behaviours.manyMemberOf)) return bad(`Multiple ${parameter} parameters are not supported`)
  const memberOf: Array<ReadonlySet<string>> = []
  const notMemberOf = new Set<string>()
  for (const text of given) {
    const parsed = parseAggregates(text)
    if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
    const { isForbidden, uuids } = parsed.success
    if (isForbidden && !call.within(behaviours.forbiddenAggregates)) {
      return bad(`Forbidden ${parameter} parameters are not supported in the specified microversion`)
    }
    if (isForbidden) for (const uuid of uuids) notMemberOf.add(uuid)
    else memberOf.push(uuids)
  }
  return Result.succeed({ memberOf, notMemberOf })
}

const traitsOf = (call: Call, parameter: string): Result.Result<Traits, Refusal> => {
  const given = call.query.getAll(parameter)
  const required: Array<ReadonlySet<string>> = []
  const forbidden = new Set<string>()
  for (const text of call.within(behaviours.anyOfTraits) ? given : given.slice(-1)) {
    const parsed = parseTraits(call, text, parameter)
    if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
    required.push(...parsed.success.required)
    for (const name of parsed.success.forbidden) forbidden.add(name)
  }
  return Result.succeed({ required, forbidden })
}

/** The filter that the parameters of one group make up; `suffix` is the group's. */
export const wantedIn = (call: Call, suffix = ""): Result.Result<Wanted, Refusal> =>
  Result.gen(function*() {
    const resources = lastOf(call.query, `resources${suffix}`)
    const tree = lastOf(call.query, `in_tree${suffix}`)?.trim() ?? null
    if (tree !== null && !isUuid(tree)) return yield* bad(`Invalid query string parameters: Expected 'in_tree' parameter to be a format of uuid. Got: ${tree}`)
    return {
      ...anything,
      ...yield* traitsOf(call, `required${suffix}`),
      ...yield* aggregatesOf(call, `member_of${suffix}`),
      resources: resources === null ? anything.resources : yield* parseResources(resources),
      inTree: tree
    }
  })
