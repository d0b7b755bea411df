import type { Host } from "../../actors/host/Host.ts"
import { emptyTopologyOf, numaConflict } from "../../actors/host/numa.ts"
import type { Instance } from "../../actors/instance/Instance.ts"
import { presencesOf } from "../../actors/instance/presences.ts"
import type { FittedTopology } from "../../actors/placement/numa/fit.ts"
import type { HostTopology } from "../../actors/placement/numa/HostTopology.ts"
import { claim, release } from "../../actors/placement/numa/Numa.ts"

/** What hosts and servers are now. */
export interface Sources {
  readonly host: (hostname: string) => Host | undefined
  readonly server: (id: string) => Instance | undefined
  readonly onHost: (hostname: string) => Iterable<Instance>
  readonly movingOn: (hostname: string) => Iterable<Instance>
}

interface Claim {
  readonly host: string
  readonly numa: FittedTopology
}

interface Folded {
  readonly topology: HostTopology
  /** Two servers were promised the same: whose it is when one of them goes is known only by folding again. */
  readonly isContended: boolean
}

const claimsOf = (instance: Instance | undefined): ReadonlyArray<Claim> =>
  presencesOf(instance).flatMap(({ host, numa }) => numa == null ? [] : [{ host: host!, numa }])

// The fit is one object as long as a process has it in memory; read again it is another, and equal.
const isSame = (a: Claim, b: Claim): boolean =>
  a.host === b.host && (a.numa === b.numa || JSON.stringify(a.numa) === JSON.stringify(b.numa))

const withClaim = ({ isContended, topology }: Folded, numa: FittedTopology): Folded => ({
  topology: claim(topology, numa),
  isContended: isContended || numaConflict(topology, numa) !== null
})

/** Folded when somebody first asks of a host, and kept up to date by difference from then on. */
export class Topologies {
  readonly #folded = new Map<string, Folded>()
  /** Thousands of hosts are of a few models: equal ones share one topology until somebody claims of it. */
  readonly #models = new Map<string, HostTopology>()
  readonly #sources: Sources

  constructor(sources: Sources) {
    this.#sources = sources
  }

  of(hostname: string): Folded | undefined {
    let folded = this.#folded.get(hostname)
    if (folded === undefined) {
      folded = this.#fold(hostname, () => true)
      if (folded !== undefined) this.#folded.set(hostname, folded)
    }
    return folded
  }

  without(hostname: string, instanceId: string): HostTopology | undefined {
    const known = this.of(hostname)
    if (known?.isContended === true) return this.#fold(hostname, ({ id }) => id !== instanceId)?.topology
    const own = claimsOf(this.#sources.server(instanceId)).find(({ host }) => host === hostname)
    return known === undefined || own === undefined ? known?.topology : release(known.topology, own.numa)
  }

  change(before: Instance | undefined, after: Instance | undefined): void {
    const from = claimsOf(before)
    const to = claimsOf(after)
    for (const one of from) if (!to.some((other) => isSame(one, other))) this.#release(one)
    for (const one of to) if (!from.some((other) => isSame(one, other))) this.#claim(one)
  }

  /** The host's record changed. */
  forget(hostname: string): void {
    this.#folded.delete(hostname)
  }

  #claim({ host, numa }: Claim): void {
    const known = this.#folded.get(host)
    if (known !== undefined) this.#folded.set(host, withClaim(known, numa))
  }

  #release({ host, numa }: Claim): void {
    const known = this.#folded.get(host)
    if (known === undefined) return
    if (known.isContended) this.forget(host)
    else this.#folded.set(host, { ...known, topology: release(known.topology, numa) })
  }

  #fold(hostname: string, isCounted: (instance: Instance) => boolean): Folded | undefined {
    const host = this.#sources.host(hostname)
    if (host === undefined) return undefined
    let folded: Folded = { topology: this.#empty(host), isContended: false }
    for (const instances of [this.#sources.onHost(hostname), this.#sources.movingOn(hostname)]) {
      for (const instance of instances) if (instance.numa != null && isCounted(instance)) folded = withClaim(folded, instance.numa)
    }
    return folded
  }

  #empty(host: Host): HostTopology {
    const model = JSON.stringify([host.numa, host.cores, host.cpuSets])
    let topology = this.#models.get(model)
    if (topology === undefined) this.#models.set(model, topology = emptyTopologyOf(host))
    return topology
  }
}
