/** `GET /allocation_candidates`: what its parameters ask for, and the answer. */
import { Effect, Result } from "effect"
import { candidates } from "../../../actors/placement/candidates/candidates.ts"
import type { CandidatesRequest, RequestGroup } from "../../../actors/placement/candidates/CandidatesRequest.ts"
import { Placement } from "../../../actors/placement/PlacementProtocol.ts"
import type { Wanted } from "../../../actors/placement/Provider.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { behaviours } from "./behaviours.ts"
import { allocationRequest, show, summaryAt } from "./fields.ts"
import { checkKnown } from "./known.ts"
import type { Call, Outcome } from "./Operations.ts"
import { lastOf, suffixAt } from "./queries.ts"
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
    ? bad("The group without a suffix can not be specified in `same_subtree`", codes.badValue)
    : named
}

/** Until groups can do without resources, each must have some. */
const groupProblem = (
  call: Call, groups: ReadonlyArray<RequestGroup>, subtrees: ReadonlyArray<ReadonlySet<string>>
): Refusal | undefined => {
  const empty = groups.filter(({ resources }) => resources.size === 0).map(({ suffix }) => suffix)
  if (!call.within(behaviours.groupsWithoutResources)) {
    return empty.length === 0 && groups.length > 0
      ? undefined
      : bad(`All request groups must specify resources. Missing: ${empty.map((suffix) => `resources${suffix}`).join(", ") || "resources"}`)
  }
  if (empty.length === groups.length) return bad("There must be at least one resources or resources[$S] parameter.", codes.missing)
  const inSubtree = [...new Set(subtrees.flatMap((suffixes) => [...suffixes]))]
  const alone = empty.filter((suffix) => !inSubtree.includes(suffix))
  if (alone.length > 0) return bad(`Groups without resources must be named in \`same_subtree\`: '${alone.join("', '")}'.`, codes.badValue)
  const unknown = inSubtree.filter((suffix) => !groups.some((group) => group.suffix === suffix))
  return unknown.length === 0 ? undefined : bad(`\`same_subtree\` names groups that are not there: ${unknown.join(", ")}.`, codes.badValue)
}

const rootOf = (call: Call): Result.Result<Pick<Wanted, "required" | "forbidden">, Refusal> => {
  const [text, ...more] = call.query.getAll("root_required")
  if (text === undefined) return Result.succeed({ required: [], forbidden: new Set<string>() })
  if (more.length > 0) return Result.fail(bad("Query parameter 'root_required' may be specified only once.", codes.duplicate))
  // No alternatives here, in no version.
  const within: Call["within"] = (window) => window !== behaviours.anyOfTraits && call.within(window)
  return Result.flatMap(parseTraits({ within }, text, "root_required"), (traits) => {
    const conflicts = conflictsOf(traits)
    return conflicts.length === 0
      ? Result.succeed(traits)
      : Result.fail(bad(`Conflicting required and forbidden traits found in root_required: ${conflicts.join(", ")}`, codes.badValue))
  })
}

const requestIn = (call: Call): Result.Result<CandidatesRequest, Refusal> =>
  Result.gen(function*() {
    const groups: Array<RequestGroup> = []
    for (const suffix of suffixesOf(call)) groups.push({ suffix, ...yield* wantedIn(call, suffix) })
    const root = yield* rootOf(call)
    const subtrees = subtreesOf(call)
    if ("kind" in subtrees) return yield* Result.fail(subtrees)
    const problem = groupProblem(call, groups, subtrees)
    if (problem !== undefined) return yield* Result.fail(problem)
    const conflicts = groups.flatMap((group) => conflictsOf(group).map((traits) => `required${group.suffix}: (${traits})`))
    if (conflicts.length > 0) {
      return yield* Result.fail(bad(`Conflicting required and forbidden traits found in the following traits keys: ${conflicts.join(", ")}`))
    }
    const policy = lastOf(call.query, "group_policy")
    if (policy === null && groups.filter(({ suffix }) => suffix !== "").length > 1) {
      return yield* Result.fail(bad("The \"group_policy\" parameter is required when specifying more than one \"resources{N}\" parameter."))
    }
    const limit = lastOf(call.query, "limit")
    return {
      groups, root, subtrees, isIsolated: policy === "isolate", isNested: call.within(behaviours.nestedCandidates),
      limit: limit === null ? Infinity : Number(limit)
    }
  })

export const listCandidates = Effect.fnUntraced(function*(call: Call): Effect.fn.Return<Outcome, Refusal, Placement> {
  const placement = yield* Placement
  const request = yield* Effect.fromResult(requestIn(call))
  for (const group of [...request.groups, { ...request.root, resources: new Map<string, number>() }]) {
    const unknown = checkKnown(placement, group)
    if (unknown !== null) return yield* unknown
  }
  const { found, summarized } = candidates(placement.forest(), placement.used, request)
  const requested = new Set(request.groups.flatMap(({ resources }) => [...resources.keys()]))
  return {
    modifiedAt: null,
    body: {
      allocation_requests: found.map((candidate) => show(allocationRequest, call.version, candidate)),
      provider_summaries: Object.fromEntries(summarized.map((provider) =>
        [provider.uuid, summaryAt(call.version, { provider, used: placement.used(provider), requested })]))
    }
  }
})
