import type { Host } from "../../actors/host/Host.ts"
import { emptyTopologyOf, numaConflict } from "../../actors/host/numa.ts"
import type { Instance } from "../../actors/instance/Instance.ts"
import { isLive } from "../../actors/instance/Instance.ts"
import type { FittedTopology } from "../../actors/placement/numa/fit.ts"
import type { HostTopology } from "../../actors/placement/numa/HostTopology.ts"
import { claim, release } from "../../actors/placement/numa/Numa.ts"

/** What hosts and servers are now. */
export interface Sources {
  readonly host: (hostname: string) => Host | undefined
  readonly server: (id: string) => Instance | undefined
  readonly onHost: (hostname: string) => Iterable<Instance>
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

const claimOf = (instance: Instance | undefined): Claim | undefined =>
  instance?.numa == null || instance.host === null || !isLive(instance) ? undefined : { host: instance.host, numa: instance.numa }

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
    const own = claimOf(this.#sources.server(instanceId))
    return known === undefined || own?.host !== hostname ? known?.topology : release(known.topology, own.numa)
  }

  change(before: Instance | undefined, after: Instance | undefined): void {
    const from = claimOf(before)
    const to = claimOf(after)
    // The fit is one object as long as a process has it in memory; read again it is another, and equal.
    if (from?.host === to?.host && (from?.numa === to?.numa || JSON.stringify(from?.numa) === JSON.stringify(to?.numa))) return
    if (from !== undefined) this.#release(from)
    const known = to === undefined ? undefined : this.#folded.get(to.host)
    if (to !== undefined && known !== undefined) this.#folded.set(to.host, withClaim(known, to.numa))
  }

  /** The host's record changed. */
  forget(hostname: string): void {
    this.#folded.delete(hostname)
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
    for (const instance of this.#sources.onHost(hostname)) {
      const claimed = claimOf(instance)
      if (claimed !== undefined && isCounted(instance)) folded = withClaim(folded, claimed.numa)
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
