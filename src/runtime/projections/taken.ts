import type { Instance } from "../../actors/instance/Instance.ts"
import { isLive } from "../../actors/instance/Instance.ts"
import { elsewhereOf, nothingTaken, plus, type Taken, takenByServer } from "../../actors/placement/demand/Taken.ts"
import type { Resources } from "../../actors/placement/resourceClasses.ts"

const nothing: Resources = new Map()

/** What live servers take of each host, kept up to date by difference. */
export class TakenByHost {
  readonly #taken = new Map<string, Taken>()

  of(hostname: string): Taken {
    return this.#taken.get(hostname) ?? nothingTaken
  }

  change(before: Instance | undefined, after: Instance | undefined): void {
    const [from, to] = [placeOf(before), placeOf(after)]
    if (from === to && before?.flavor === after?.flavor && before?.allocations === after?.allocations) return
    if (from !== null) this.#add(from, before!, -1)
    if (to !== null) this.#add(to, after!, 1)
  }

  #add(hostname: string, server: Instance, count: 1 | -1): void {
    const taken = plus(this.of(hostname), takenByServer(server), count)
    this.#taken.set(hostname, taken)
  }
}

const placeOf = (server: Instance | undefined): string | null => server !== undefined && isLive(server) ? server.host : null

/** What live servers hold of providers that are no hosts, and who they are. */
export class HeldOfProviders {
  readonly #amounts = new Map<string, Map<string, number>>()
  readonly #servers = new Map<string, Set<string>>()

  of(providerUuid: string): Resources {
    return this.#amounts.get(providerUuid) ?? nothing
  }

  /** Ids. */
  servers(providerUuid: string): Iterable<string> {
    return this.#servers.get(providerUuid) ?? []
  }

  change(before: Instance | undefined, after: Instance | undefined): void {
    if (before?.allocations === undefined && after?.allocations === undefined) return
    this.#count(before, -1)
    this.#count(after, 1)
  }

  #count(server: Instance | undefined, sign: 1 | -1): void {
    for (const [uuid, amounts] of Object.entries(elsewhereOf(server))) {
      const held = this.#amounts.get(uuid) ?? new Map<string, number>()
      for (const [resource, amount] of Object.entries(amounts)) {
        const sum = (held.get(resource) ?? 0) + sign * amount
        if (sum === 0) held.delete(resource)
        else held.set(resource, sum)
      }
      if (held.size === 0) this.#amounts.delete(uuid)
      else this.#amounts.set(uuid, held)
      const servers = this.#servers.get(uuid) ?? new Set<string>()
      if (sign === 1) servers.add(server!.id)
      else servers.delete(server!.id)
      if (servers.size === 0) this.#servers.delete(uuid)
      else this.#servers.set(uuid, servers)
    }
  }
}
