import { Result } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import type { Instance } from "../instance/Instance.ts"
import { takenBy } from "../placement/demand/Taken.ts"
import { finished } from "../shared/Steps.ts"
import { Gangs, gangSizeOf, memberKey, undecided } from "./Gangs.ts"
import type { GroupMembers } from "./GroupMembers.ts"
import type { Held, Holds } from "./Holds.ts"
import type { Chance, HostTable, Picked } from "./HostTable.ts"
import { placeAll } from "./placing.ts"
import { placedOf } from "./proof/placed.ts"
import type { ProviderTrees } from "./ProviderTrees.ts"
import type { RequestSpec } from "./RequestSpec.ts"
import type { NoValidHost } from "./SchedulerProtocol.ts"
import type { Refusals } from "./select.ts"
import type { Sight } from "./Sight.ts"
import { countedOn } from "./whatIf/Moment.ts"

interface Means {
  readonly table: HostTable
  readonly sight: Sight
  readonly trees: ProviderTrees
  readonly holds: Holds
  readonly members: GroupMembers
  readonly chance: Chance
  readonly specOf: (instance: Instance) => RequestSpec
  readonly siblingsOf: (instance: Instance) => Iterable<Instance>
  readonly refused: (instance: Instance, spec: RequestSpec, refusals: Refusals, nowMillis: number, more?: string) => NoValidHost
}

/** Picks a place for a server or for all of its request, and holds it. */
export class Placer {
  readonly #means: Means
  readonly #gangs = new Gangs()

  constructor(means: Means) {
    this.#means = means
  }

  /** Takes in what was marked since. */
  refresh(): void {
    const { sight, trees } = this.#means
    for (const hostname of trees.changedHosts()) sight.mark(hostname)
    sight.refresh()
  }

  place(instance: Instance, nowMillis: number): Result.Result<Held, NoValidHost> {
    return gangSizeOf(instance) > 1 ? this.#placeMember(instance, nowMillis) : this.#placeOne(instance, nowMillis)
  }

  /** Never a host that is down, and no refusal while one is up that was not. */
  #pick(spec: RequestSpec, nowMillis: number): Result.Result<Picked, Refusals> {
    const { chance, sight, table } = this.#means
    sight.watchLiveness(nowMillis, Limits.livenessMillis)
    for (;;) {
      this.refresh()
      const picked = table.pick(spec, chance)
      const isCurrent = Result.isSuccess(picked)
        ? !picked.success.host.isUp || sight.isStillUp(picked.success.host.hostname)
        : !sight.watchLiveness(nowMillis, 0)
      if (isCurrent) return picked
    }
  }

  #hold(id: string, instance: Instance, spec: RequestSpec, picked: Picked, nowMillis: number): Held {
    const { allocations, devices, host, numa } = picked
    const held: Held = {
      id, generation: instance.generation, host: host.hostname, groupId: instance.wish.serverGroupId,
      taken: takenBy(spec, allocations ?? undefined), allocations, numa, devices, placed: placedOf(picked),
      expiresAtMillis: nowMillis + Limits.placementHoldMillis
    }
    this.#means.holds.add(held)
    return held
  }

  #placeOne(instance: Instance, nowMillis: number): Result.Result<Held, NoValidHost> {
    const { holds, refused, specOf } = this.#means
    holds.remove(instance.id)
    const spec = specOf(instance)
    return this.#pick(spec, nowMillis).pipe(
      Result.map((picked) => this.#hold(instance.id, instance, spec, picked, nowMillis)),
      Result.mapError((refusals) => refused(instance, spec, refusals, nowMillis))
    )
  }

  #placeGang(instance: Instance, nowMillis: number): void {
    const { holds, members: group, refused, siblingsOf, specOf } = this.#means
    const { reservationId } = instance
    const members = undecided(instance, siblingsOf(instance))
    const spec = specOf(instance)
    const notAll = finished(placeAll(members, spec, {
      pick: (asked) => this.#pick(asked, nowMillis),
      hold: (member, picked) => void this.#hold(memberKey(reservationId, member), instance, spec, picked, nowMillis),
      undo: (member) => holds.remove(memberKey(reservationId, member)),
      groupHosts: () => countedOn(group.beside(instance))
    }))
    const more = ` Places for ${notAll?.placed} of the ${members.length} servers of this request: all are placed or none.`
    this.#gangs.remember(
      reservationId,
      notAll === null ? { isPlaced: true } : { isPlaced: false, refusal: refused(instance, spec, notAll.refusals, nowMillis, more) },
      nowMillis
    )
  }

  /** The member's own place of those that were found for all. */
  #placeMember(instance: Instance, nowMillis: number): Result.Result<Held, NoValidHost> {
    const { holds } = this.#means
    const { id, launchIndex, reservationId } = instance
    if (this.#gangs.get(reservationId) === undefined) this.#placeGang(instance, nowMillis)
    const gang = this.#gangs.get(reservationId)
    if (gang?.isPlaced === false) return Result.fail(gang.refusal)
    const kept = holds.get(memberKey(reservationId, launchIndex))
    if (kept === undefined) return Result.orElse(Result.fromNullishOr(holds.get(id), () => null), () => this.#placeOne(instance, nowMillis))
    holds.remove(kept.id)
    const held = { ...kept, id, generation: instance.generation, expiresAtMillis: nowMillis + Limits.placementHoldMillis }
    holds.add(held)
    return Result.succeed(held)
  }
}
