import type { Caller } from "../../../actors/shared/Caller.ts"
import { holds, type Window } from "../Window.ts"
import type { Policies, Target } from "./Policy.ts"

/** A request as a handler of the compute API sees it: versioned, validated, allowed. */
export interface Call {
  /** For the machinery: a handler asks `within` with a named window of its `behaviours.ts`. */
  readonly version: number
  readonly caller: Caller
  readonly params: Readonly<Record<string, string>>
  /** Only the parameters that this version knows. */
  readonly query: URLSearchParams
  /** Validated and converted: whatever the row's schema says it is. */
  readonly body: unknown
  readonly requestId: string
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Where this request's links start: with the version, and the project when the request has it. */
  readonly self: string
  /** The same without the version. */
  readonly bookmark: string
  /** The path of this request behind `self`. */
  readonly path: string
  /** The caller's own project: what policies are asked about when there is no other target. */
  readonly ownTarget: Target
  readonly within: (window: Window) => boolean
  readonly allows: (rule: string, target?: Target) => boolean
}

export interface CallFacts extends Omit<Call, "within" | "allows" | "ownTarget"> {
  readonly policies: Policies
}

/** A class for its cheap methods: one is made for every request. */
export class ComputeCall implements Call {
  readonly version: number
  readonly caller: Caller
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
  readonly requestId: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly self: string
  readonly bookmark: string
  readonly path: string
  readonly ownTarget: Target
  readonly #policies: Policies

  constructor(facts: CallFacts) {
    this.version = facts.version
    this.caller = facts.caller
    this.params = facts.params
    this.query = facts.query
    this.body = facts.body
    this.requestId = facts.requestId
    this.headers = facts.headers
    this.self = facts.self
    this.bookmark = facts.bookmark
    this.path = facts.path
    this.ownTarget = { projectId: facts.caller.projectId, userId: facts.caller.userId }
    this.#policies = facts.policies
  }

  within(window: Window): boolean {
    return holds(window, this.version)
  }

  allows(rule: string, target: Target = this.ownTarget): boolean {
    return this.#policies.allows(rule, this.caller, target)
  }
}

export interface Link {
  readonly rel: string
  readonly href: string
}

/** The two links of a thing: where it is, and where it stays whatever the version. */
export const linksOf = (call: Call, collection: string, id: string): ReadonlyArray<Link> => [
  { rel: "self", href: `${call.self}/${collection}/${id}` },
  { rel: "bookmark", href: `${call.bookmark}/${collection}/${id}` }
]
