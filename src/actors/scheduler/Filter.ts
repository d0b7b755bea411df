import type { HostState } from "./HostState.ts"
import type { RequestSpec } from "./RequestSpec.ts"

/** What is short on a host, where that has a number. */
export interface Shortage {
  readonly resource: string
  readonly needed: number
  readonly available: number
}

/** Why a host is refused, in words an operator reads. */
export interface Why {
  readonly reason: string
  readonly short?: Shortage
}

interface Rule {
  /** Nova's name of it. */
  readonly name: string
  /** What Placement would ask: of a forced host too. The others are skipped for one. */
  readonly isResource: boolean
  readonly admits: (host: HostState, spec: RequestSpec) => boolean
  /** Asked of hosts that are not admitted, and only when somebody wants to know. */
  readonly why: (host: HostState, spec: RequestSpec) => Why
}

/** Its verdicts are kept from one request to the next. */
export interface ClassFilter extends Rule {
  /** What it reads of a request, as a text: equal texts get equal verdicts. Empty: the request asks nothing of it. */
  readonly key: (spec: RequestSpec) => string
}

/** It may admit these hosts alone, or refuse these alone. */
export type Reach = { readonly only: Iterable<string> } | { readonly except: Iterable<string> }

/** It reads hosts that the one request names, by themselves or by servers that are there. */
export interface RequestFilter extends Rule {
  /** `null`: the request asks nothing of it. */
  readonly reach: (spec: RequestSpec) => Reach | null
}

export type Filter = ClassFilter | RequestFilter

export const isRequestFilter = (filter: Filter): filter is RequestFilter => "reach" in filter

/** Does the request ask anything of the filter? A host that is forced is asked for resources alone. */
export const concerns = (filter: Filter, spec: RequestSpec): boolean =>
  (filter.isResource || !spec.isForced) && (isRequestFilter(filter) ? filter.reach(spec) !== null : filter.key(spec) !== "")

/** The key of filters that read the host alone. */
export const always = (): string => "*"
