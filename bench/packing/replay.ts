/** The trace on a fleet that grows when nothing has room, host by host through the scheduler's own pick. */
import { Result } from "effect"
import { HostTable, type Picked } from "../../src/actors/scheduler/HostTable.ts"
import { rulesOf } from "../../src/actors/scheduler/registry.ts"
import type { RequestSpec } from "../../src/actors/scheduler/RequestSpec.ts"
import type { SchedulerSettings } from "../../src/actors/scheduler/settings.ts"
import { changed, type Placed } from "../parts/placementFleet.ts"
import type { Arrival } from "./Arrival.ts"
import { Bound } from "./Bound.ts"
import { type Case, emptyHost, groups, pagesMbOf, specs } from "./cases.ts"
import { Departures } from "./Departures.ts"

/** The fleet after all that came at one instant. */
export interface Moment {
  readonly atSeconds: number
  readonly inUse: number
  /** What was there, in hosts' worth. */
  readonly worth: number
}

export interface Outcome {
  /** Hosts at the end, from none: one was added whenever nothing had room, and none was taken away. */
  readonly hosts: number
  /** The most that the sums asked for at any instant. */
  readonly bound: number
  /** Host-seconds of hosts with servers, and of the bound, over the trace. */
  readonly usedSeconds: number
  readonly boundSeconds: number
  readonly spanSeconds: number
  readonly moments: ReadonlyArray<Moment>
}

interface Here extends Placed {
  readonly endSeconds: number
  /** Its group's members by host. */
  readonly group: Map<string, number>
}

/** The hosts and the servers on them now. */
class Fleet {
  readonly #table: HostTable
  readonly #case: Case
  readonly #bound: Bound
  readonly #here = new Departures<Here>()
  #inUse = 0

  constructor(one: Case, settings: SchedulerSettings) {
    this.#case = one
    this.#table = new HostTable(rulesOf(settings))
    this.#bound = new Bound(one.size, pagesMbOf(one))
  }

  get hosts(): number {
    return this.#table.size
  }
  get inUse(): number {
    return this.#inUse
  }
  get worth(): number {
    return this.#bound.worth
  }

  place(spec: RequestSpec, group: Map<string, number>, endSeconds: number): void {
    const { host: { hostname }, numa } = this.#pick(group.size === 0 ? spec : { ...spec, groupPolicy: "anti-affinity", groupHosts: group })
    this.#put({ hostname, numa, spec, endSeconds, group }, 1)
  }

  /** Takes the next server that has left by then; `before` is told when it did. False: all others stay. */
  release(atSeconds: number, before: (leftAtSeconds: number) => void): boolean {
    const gone = this.#here.popUntil(atSeconds)
    if (gone === undefined) return false
    before(gone.endSeconds)
    this.#put(gone, -1)
    return true
  }

  #pick(spec: RequestSpec): Picked {
    const picked = this.#table.pick(spec)
    if (Result.isSuccess(picked)) return picked.success
    this.#table.put(emptyHost(this.#case, `host-${String(this.#table.size).padStart(6, "0")}`))
    return Result.getOrThrowWith(this.#table.pick(spec), () => new Error(`${spec.flavorName} fits no empty host`))
  }

  #put(one: Here, sign: 1 | -1): void {
    const host = changed(this.#table.get(one.hostname)!, one, sign)
    this.#table.put(host)
    this.#bound.add(one.spec, sign)
    if (host.instances === (sign === 1 ? 1 : 0)) this.#inUse += sign
    if (sign === 1) this.#here.push(one)
    if (this.#case.isApart) {
      this.#bound.regroup(one.group.size, one.group.size + sign)
      if (sign === 1) one.group.set(one.hostname, 1)
      else one.group.delete(one.hostname)
    }
  }
}

export const replay = (
  arrivals: ReadonlyArray<Arrival>, one: Case, settings: SchedulerSettings, onProgress: (done: number) => void
): Outcome => {
  const fleet = new Fleet(one, settings)
  const specOf = specs(one)
  const groupOf = groups()
  const moments: Array<Moment> = []
  const startSeconds = arrivals[0]?.atSeconds ?? 0
  let now = startSeconds
  let bound = 0
  let usedSeconds = 0
  let boundSeconds = 0
  const until = (atSeconds: number) => {
    const seconds = Math.max(0, atSeconds - now)
    usedSeconds += fleet.inUse * seconds
    boundSeconds += Math.ceil(fleet.worth) * seconds
    now += seconds
  }
  arrivals.forEach((arrival, at) => {
    const { atSeconds, endSeconds } = arrival
    if (atSeconds > now) {
      while (fleet.release(atSeconds, until));
      until(atSeconds)
    }
    fleet.place(specOf(arrival), groupOf(arrival), endSeconds)
    if (arrivals[at + 1]?.atSeconds === atSeconds) return
    bound = Math.max(bound, Math.ceil(fleet.worth))
    moments.push({ atSeconds: atSeconds - startSeconds, inUse: fleet.inUse, worth: fleet.worth })
    onProgress(at + 1)
  })
  return { hosts: fleet.hosts, bound, usedSeconds, boundSeconds, spanSeconds: now - startSeconds, moments }
}
