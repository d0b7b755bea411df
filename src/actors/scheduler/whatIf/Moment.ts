import type { Instance } from "../../instance/Instance.ts"
import type { HostState } from "../HostState.ts"
import type { Movable } from "../proof/moves.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec, Wanting } from "../RequestSpec.ts"

/** What a dry run takes for granted: the cloud as it was at one moment. Only `movable` looks at what is there by then. */
export interface Moment {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly rules: Rules
  /** By name. */
  readonly hosts: ReadonlyArray<HostState>
  readonly movable: Movable
}

/** What the cloud knows of servers, asked while the moment is taken. */
export interface Surveyed extends Moment {
  readonly serverOf: (id: string) => Instance | undefined
  readonly serversOn: (hostname: string) => Iterable<Instance>
  /** Servers on their way to the host, or from it and already elsewhere. */
  readonly arrivingOn: (hostname: string) => Iterable<Instance>
  /** Where a place is held for a server that is not there yet. */
  readonly heldAt: (id: string) => string | null
  /** As if its group had no other members. */
  readonly specOf: (server: Wanting) => RequestSpec
  /** The other members of its group, those among them that are picked and not yet there. */
  readonly membersBeside: (server: Wanting) => ReadonlyArray<Member>
}

/** A server that is being moved is on two hosts. */
export interface Member {
  readonly id: string
  readonly host: string
}

/** Members by host. `moved`: where some would be by then, and nowhere else. */
export const countedOn = (members: ReadonlyArray<Member>, moved: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  const there = new Set<string>()
  for (const { host, id } of members) {
    const to = moved.get(id)
    if (to !== undefined && there.has(id)) continue
    if (to !== undefined) there.add(id)
    counts.set(to ?? host, (counts.get(to ?? host) ?? 0) + 1)
  }
  return counts
}
