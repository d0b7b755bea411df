import type { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import type { Instance } from "../instance/Instance.ts"
import { isMoving } from "../instance/moveEvents.ts"
import { presencesOf } from "../instance/presences.ts"
import type { Holds } from "./Holds.ts"
import type { Wanting } from "./RequestSpec.ts"
import type { Member } from "./whatIf/Moment.ts"

interface Sources {
  readonly index: Pick<InstanceIndex["Service"], "get" | "inGroup">
  readonly holds: Pick<Holds, "ofGroup">
}

/** Where those of a server's group are, or are to be. */
export class GroupMembers {
  readonly #index: Sources["index"]
  readonly #holds: Sources["holds"]

  constructor({ holds, index }: Sources) {
    this.#index = index
    this.#holds = holds
  }

  /** Where those of its affinity group will be is not known: one is on the move, or was picked a place for and not seen to be. */
  isMoving({ id, wish }: Instance): boolean {
    if (wish.groupPolicy !== "affinity" || wish.serverGroupId === null) return false
    for (const member of this.#index.inGroup(wish.serverGroupId)) if (member.id !== id && isMoving(member)) return true
    for (const held of this.#holds.ofGroup(wish.serverGroupId)) if (held.id !== id && this.#index.get(held.id)?.host != null) return true
    return false
  }

  /** The other members of its group, with those that are picked and not yet there. */
  beside({ id, wish }: Wanting): ReadonlyArray<Member> {
    const members: Array<Member> = []
    if (wish.serverGroupId === null) return members
    for (const member of this.#index.inGroup(wish.serverGroupId)) {
      if (member.id === id || member.host === null) continue
      // Apart from a member is apart from where it may go back to; together with it is where it is.
      const hosts = wish.groupPolicy === "affinity" ? [member] : presencesOf(member)
      for (const { host } of hosts) members.push({ id: member.id, host: host! })
    }
    for (const held of this.#holds.ofGroup(wish.serverGroupId)) if (held.id !== id) members.push(held)
    return members
  }
}
