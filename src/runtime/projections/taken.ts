import type { Instance } from "../../actors/instance/Instance.ts"
import { presencesOf } from "../../actors/instance/presences.ts"
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
    const [from, to] = [presencesOf(before), presencesOf(after)]
    const isSame = from.length === to.length && from.every(({ allocations, flavor, host }, at) =>
      host === to[at]!.host && flavor === to[at]!.flavor && allocations === to[at]!.allocations)
    if (isSame) return
    for (const presence of from) this.#add(presence, -1)
    for (const presence of to) this.#add(presence, 1)
  }

  #add(server: Instance, count: 1 | -1): void {
    const hostname = server.host!
    this.#taken.set(hostname, plus(this.of(hostname), takenByServer(server), count))
  }
}

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
    for (const presence of presencesOf(before)) this.#count(presence, -1)
    for (const presence of presencesOf(after)) this.#count(presence, 1)
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
