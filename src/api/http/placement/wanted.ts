/** What the values of Placement's filters mean: `VCPU:1,DISK_GB:5`, `in:HW_A,HW_B`, `!HW_C`, `in:<uuid>,<uuid>`. */
import { Result } from "effect"
import { anything, type Wanted } from "../../../actors/placement/Provider.ts"
import type { Resources } from "../../../actors/placement/resourceClasses.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { isUuid } from "../compute/formats.ts"
import { behaviours } from "./behaviours.ts"
import type { Call } from "./Operations.ts"
import { textOf } from "./versions.ts"

const bad = (message: string) => Result.fail(refuse("badRequest", message.slice(0, Limits.echoCharsMax)))

const parseResources = (text: string): Result.Result<Resources, Refusal> => {
  const wanted = new Map<string, number>()
  for (const entry of text.split(",")) {
    const [name = "", amount, ...more] = entry.split(":")
    if (amount === undefined || more.length > 0) {
      const got = text.trim() === "" ? "empty string" : entry
      return bad(`Badly formed resources parameter. Expected resources query string parameter in form: ?resources=VCPU:2,MEMORY_MB:1024. Got: ${got}.`)
    }
    if (!/^\s*[+-]?\d+\s*$/.test(amount)) return bad(`Requested resource ${name} expected positive integer amount. Got: ${amount}.`)
    if (Number(amount) < 1) return bad(`Requested resource ${name} requires amount >= 1. Got: ${amount}.`)
    wanted.set(name, Number(amount))
  }
  return Result.succeed(wanted)
}

type Traits = Pick<Wanted, "required" | "forbidden">

const traitForms = { any: "in:HW_CPU_X86_VMX,CUSTOM_MAGIC", forbidden: "HW_CPU_X86_VMX,!CUSTOM_MAGIC", plain: "HW_CPU_X86_VMX,CUSTOM_MAGIC" }

/** What is wrong with names of traits, if anything. */
const traitsProblem = (call: Pick<Call, "within">, names: ReadonlyArray<string>, isChoice: boolean): string | undefined => {
  const isNegated = names.some((name) => name.startsWith("!"))
  if (isChoice && !call.within(behaviours.anyOfTraits)) {
    return `The format '${traitForms.any}' only supported since microversion ${textOf(behaviours.anyOfTraits.since)}. Got:`
  }
  const mayForbid = call.within(behaviours.forbiddenTraits)
  const form = isChoice ? traitForms.any : mayForbid ? traitForms.forbidden : traitForms.plain
  const expected = `Expected 'required' parameter value of the form: ${form}. Got`
  if (names.some((name) => name.replace(isChoice ? "" : /^!+/, "") === "")) return `${expected} an empty trait in:`
  if (isChoice && isNegated) return `The format '${traitForms.any}' does not support forbidden traits. Got:`
  return isNegated && !mayForbid ? `${expected}:` : undefined
}

/** Refused where a version has no forbidden traits or no alternatives. */
export const parseTraits = (call: Pick<Call, "within">, text: string): Result.Result<Traits, Refusal> => {
  const isChoice = text.startsWith("in:")
  const names = (isChoice ? text.slice(3) : text).split(",").map((name) => name.trim())
  const problem = traitsProblem(call, names, isChoice)
  if (problem !== undefined) return bad(`Invalid query string parameters: ${problem} ${text}`)
  const wished = names.filter((name) => !name.startsWith("!"))
  return Result.succeed({
    required: isChoice ? [new Set(wished)] : wished.map((name) => new Set([name])),
    forbidden: new Set(names.filter((name) => name.startsWith("!")).map((name) => name.replace(/^!+/, "")))
  })
}

type Aggregates = Pick<Wanted, "memberOf" | "notMemberOf">

const parseAggregates = (text: string): Result.Result<{ readonly uuids: ReadonlySet<string>; readonly isForbidden: boolean }, Refusal> => {
  const [, not, many, rest] = /^(!?)(in:)?(.*)$/s.exec(text)!
  if (many === undefined && rest!.includes(",")) {
    return bad(`Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' keyword using the valid microversion. Got: ${text}`)
  }
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
    const parsed = parseTraits(call, text)
    if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
    required.push(...parsed.success.required)
    for (const name of parsed.success.forbidden) forbidden.add(name)
  }
  return Result.succeed({ required, forbidden })
}

const parseTree = (text: string): Result.Result<string, Refusal> =>
  isUuid(text.trim())
    ? Result.succeed(text.trim())
    : bad(`Invalid query string parameters: Expected 'in_tree' parameter to be a format of uuid. Got: ${text}`)

/** Of a repeated parameter the last one counts, and none may be wrong. */
const lastParsed = <A>(call: Call, parameter: string, parse: (text: string) => Result.Result<A, Refusal>): Result.Result<A | undefined, Refusal> =>
  call.query.getAll(parameter).reduce<Result.Result<A | undefined, Refusal>>(
    (before, text) => Result.isFailure(before) ? before : parse(text), Result.succeed(undefined)
  )

/** The filter that the parameters of one group make up; `suffix` is the group's. */
export const wantedIn = (call: Call, suffix = ""): Result.Result<Wanted, Refusal> =>
  Result.gen(function*() {
    return {
      ...anything,
      resources: (yield* lastParsed(call, `resources${suffix}`, parseResources)) ?? anything.resources,
      ...yield* traitsOf(call, `required${suffix}`),
      ...yield* aggregatesOf(call, `member_of${suffix}`),
      inTree: (yield* lastParsed(call, `in_tree${suffix}`, parseTree)) ?? null
    }
  })
