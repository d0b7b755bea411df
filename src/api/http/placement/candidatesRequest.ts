/** What the parameters of `GET /allocation_candidates` ask for. */
import { Result } from "effect"
import type { CandidatesRequest, RequestGroup } from "../../../actors/placement/candidates/CandidatesRequest.ts"
import type { Wanted } from "../../../actors/placement/Provider.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { behaviours } from "./behaviours.ts"
import type { Call } from "./Operations.ts"
import { suffixAt } from "./queries.ts"
import { repr } from "./sentences.ts"
import { parseTraits, wantedIn } from "./wanted.ts"

const bad = (message: string, code?: string) => refuse("badRequest", message, code)
const codes = {
  duplicate: "placement.query.duplicate_key",
  badValue: "placement.query.bad_value",
  missing: "placement.query.missing_value"
}

const groupKeys = ["resources", "required", "member_of", "in_tree"]

/** Of the groups that are asked for, in the order they are first named. */
const suffixesOf = (call: Call): ReadonlyArray<string> => {
  const pattern = suffixAt(call.version)
  const found = new Set<string>()
  for (const name of call.query.keys()) {
    for (const key of groupKeys) {
      const suffix = name.startsWith(key) ? name.slice(key.length) : undefined
      if (suffix !== undefined && (suffix === "" || pattern.test(suffix))) found.add(suffix)
    }
  }
  return [...found]
}

const conflictsOf = ({ forbidden, required }: Pick<Wanted, "required" | "forbidden">): ReadonlyArray<string> =>
  required.filter((any) => any.isSubsetOf(forbidden)).map((any) => [...any].toSorted().join(", "))

/** Sets of groups that must be in one subtree, by suffix. */
const subtreesOf = (call: Call): ReadonlyArray<ReadonlySet<string>> | Refusal => {
  const named = call.query.getAll("same_subtree").map((text) => new Set(text.split(",").map((suffix) => suffix.trim())))
  return named.some((suffixes) => suffixes.has(""))
    ? bad("Empty string (unsuffixed group) can not be specified in `same_subtree` ", codes.badValue)
    : named
}

/** Until groups can do without resources, each must have some. */
const orphanProblem = (groups: ReadonlyArray<RequestGroup>): Refusal | undefined => {
  const orphans = (parameter: string, isAsked: (group: RequestGroup) => boolean): string =>
    groups.filter((group) => group.resources.size === 0 && isAsked(group)).map(({ suffix }) => `${parameter}${suffix}`).join(", ")
  const traits = orphans("required", ({ required }) => required.length > 0)
  if (traits !== "") {
    return bad(`All traits parameters must be associated with resources.  Found the following orphaned traits keys: ${traits}`)
  }
  const aggregates = orphans("member_of", ({ memberOf, notMemberOf }) => memberOf.length > 0 || notMemberOf.size > 0)
  if (aggregates !== "") {
    return bad(`All member_of parameters must be associated with resources. Found the following orphaned member_of keys: ${aggregates}`)
  }
  if (groups.some(({ resources }) => resources.size === 0)) return bad("All request groups must specify resources.")
  return groups.length > 0 ? undefined : bad("At least one request group (`resources` or `resources{$S}`) is required.")
}

const groupProblem = (
  call: Call, groups: ReadonlyArray<RequestGroup>, subtrees: ReadonlyArray<ReadonlySet<string>>
): Refusal | undefined => {
  if (!call.within(behaviours.groupsWithoutResources)) return orphanProblem(groups)
  const empty = groups.filter(({ resources }) => resources.size === 0).map(({ suffix }) => suffix)
  if (empty.length === groups.length) return bad("There must be at least one resources or resources[$S] parameter.", codes.missing)
  const inSubtree = [...new Set(subtrees.flatMap((suffixes) => [...suffixes]))]
  const alone = empty.filter((suffix) => !inSubtree.includes(suffix))
  if (alone.length > 0) {
    const what = "Resourceless suffixed group request should be specified in `same_subtree` query param"
    return bad(`${what}: bad group(s) - ${repr(alone)}.`, codes.badValue)
  }
  const known = groups.map(({ suffix }) => suffix)
  const unknown = inSubtree.filter((suffix) => !known.includes(suffix))
  return unknown.length === 0
    ? undefined
    : bad(`Real suffixes should be specified in \`same_subtree\`: ${repr(unknown)} not found in ${repr(known)}.`, codes.badValue)
}

const rootOf = (call: Call): Result.Result<Pick<Wanted, "required" | "forbidden">, Refusal> => {
  const [text, ...more] = call.query.getAll("root_required")
  if (text === undefined) return Result.succeed({ required: [], forbidden: new Set<string>() })
  if (more.length > 0) return Result.fail(bad("Query parameter 'root_required' may be specified only once.", codes.duplicate))
  // No alternatives here, in no version.
  const within: Call["within"] = (window) => window !== behaviours.anyOfTraits && call.within(window)
  return Result.flatMap(parseTraits({ within }, text), (traits) => {
    const conflicts = conflictsOf(traits)
    return conflicts.length === 0
      ? Result.succeed(traits)
      : Result.fail(bad(`Conflicting required and forbidden traits found in root_required: ${conflicts.join(", ")}`, codes.badValue))
  })
}

/** What holds for all groups comes first: it is wrong by itself. Of a parameter that may not repeat, the first one counts. */
export const requestIn = (call: Call): Result.Result<CandidatesRequest, Refusal> =>
  Result.gen(function*() {
    const root = yield* rootOf(call)
    const subtrees = subtreesOf(call)
    if ("kind" in subtrees) return yield* Result.fail(subtrees)
    const groups: Array<RequestGroup> = []
    for (const suffix of suffixesOf(call)) groups.push({ suffix, ...yield* wantedIn(call, suffix) })
    const problem = groupProblem(call, groups, subtrees)
    if (problem !== undefined) return yield* Result.fail(problem)
    const conflicts = groups.flatMap((group) => conflictsOf(group).map((traits) => `required${group.suffix}: (${traits})`))
    if (conflicts.length > 0) {
      const what = "Conflicting required and forbidden traits found in the following traits keys"
      return yield* Result.fail(bad(`${what}: ${conflicts.toSorted().join(", ")}`))
    }
    const policy = call.query.get("group_policy")
    if (policy === null && groups.filter(({ suffix }) => suffix !== "").length > 1) {
      return yield* Result.fail(bad("The \"group_policy\" parameter is required when specifying more than one \"resources{N}\" parameter."))
    }
    const limit = Number(call.query.get("limit") ?? Infinity)
    if (Number.isNaN(limit)) return yield* Result.fail(bad("Invalid query string parameters: the first 'limit' is no number."))
    return { groups, root, subtrees, isIsolated: policy === "isolate", isNested: call.within(behaviours.nestedCandidates), limit: limit || Infinity }
  })
