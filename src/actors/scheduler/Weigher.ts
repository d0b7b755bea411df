import type { HostState } from "./HostState.ts"
import type { RequestSpec } from "./RequestSpec.ts"

interface Weighing {
  /** Nova's name of it. */
  readonly name: string
  /** Of the administrator; a host's aggregates may say another under `metadataKey`. Negative turns the preference round. */
  readonly multiplier: number
  readonly metadataKey: string | null
  /** Values below it count as it, and it is what is brought to 0; `null`: the least value of the admitted hosts is. */
  readonly floor: number | null
}

export interface HostWeigher extends Weighing {
  readonly reads: "host"
  /** The greater the better, before it is brought to 0..1 over the admitted hosts. */
  readonly weigh: (host: HostState) => number
}

export interface ClassWeigher extends Weighing {
  readonly reads: "class"
  /** As of a filter. */
  readonly key: (spec: RequestSpec) => string
  readonly weigh: (host: HostState, spec: RequestSpec) => number
}

/** 0 for all hosts but a few. */
export interface RequestWeigher extends Weighing {
  readonly reads: "request"
  readonly hosts: (spec: RequestSpec) => Iterable<string>
  readonly weigh: (host: HostState, spec: RequestSpec) => number
}

export type Weigher = HostWeigher | ClassWeigher | RequestWeigher

/** The value that is brought to 0..1. */
export const valueOf = (weigher: Weigher, host: HostState, spec: RequestSpec): number => {
  const value = weigher.reads === "host" ? weigher.weigh(host) : weigher.weigh(host, spec)
  return weigher.floor === null ? value : Math.max(value, weigher.floor)
}
