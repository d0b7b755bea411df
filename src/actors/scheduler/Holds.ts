import type { ClaimedDevice } from "../placement/devices/Device.ts"
import type { Allocations } from "../instance/Instance.ts"
import type { Taken } from "../placement/demand/Taken.ts"
import type { FittedTopology } from "../placement/numa/fit.ts"
import type { Placed } from "./proof/Proof.ts"

export interface Held {
  /** The server's id; of a server that has not asked yet, its place in its request. */
  readonly id: string
  /** Of the server's step that asked: an older word of the server is about an earlier pick. */
  readonly generation: number
  readonly host: string
  readonly groupId: string | null
  readonly taken: Taken
  /** Of providers beside the host's own. */
  readonly allocations: Allocations | null
  readonly numa: FittedTopology | null
  readonly devices: ReadonlyArray<ClaimedDevice>
  /** Why there. */
  readonly placed?: Placed
  readonly expiresAtMillis: number
}

/**
 * Picks not yet visible as the server's own `host`: held here so that the next pick sees them. Oldest first; each
 * goes when its server is placed, gone, or its time is up.
 */
export class Holds {
  readonly #held = new Map<string, Held>()
  readonly #hosts = new Map<string, Map<string, Held>>()
  readonly #groups = new Map<string, Map<string, Held>>()
  readonly #providers = new Map<string, Map<string, Held>>()
  readonly #onChange: (host: string) => void
  readonly #onProvider: (uuid: string) => void

  constructor(onChange: (host: string) => void, onProvider: (uuid: string) => void = () => {}) {
    this.#onChange = onChange
    this.#onProvider = onProvider
  }

  /** In place of what the same server held before. */
  add(held: Held): void {
    this.remove(held.id)
    this.#held.set(held.id, held)
    put(this.#hosts, held.host, held)
    if (held.groupId !== null) put(this.#groups, held.groupId, held)
    for (const uuid in held.allocations) {
      put(this.#providers, uuid, held)
      this.#onProvider(uuid)
    }
    this.#onChange(held.host)
  }

  get(id: string): Held | undefined {
    return this.#held.get(id)
  }

  remove(id: string): void {
    const held = this.#held.get(id)
    if (held === undefined) return
    this.#held.delete(id)
    take(this.#hosts, held.host, id)
    if (held.groupId !== null) take(this.#groups, held.groupId, id)
    for (const uuid in held.allocations) {
      take(this.#providers, uuid, id)
      this.#onProvider(uuid)
    }
    this.#onChange(held.host)
  }

  /** Drops those out of time. */
  expire(nowMillis: number): void {
    for (const { expiresAtMillis, id } of this.#held.values()) {
      if (expiresAtMillis > nowMillis) return
      this.remove(id)
    }
  }

  on(host: string): Iterable<Held> {
    return this.#hosts.get(host)?.values() ?? []
  }

  /** Those that hold something of a provider that is no host. */
  ofProvider(uuid: string): Iterable<Held> {
    return this.#providers.get(uuid)?.values() ?? []
  }

  ofGroup(groupId: string): Iterable<Held> {
    return this.#groups.get(groupId)?.values() ?? []
  }
}

const put = (map: Map<string, Map<string, Held>>, key: string, held: Held): void => {
  const own = map.get(key)
  if (own === undefined) map.set(key, new Map([[held.id, held]]))
  else own.set(held.id, held)
}

const take = (map: Map<string, Map<string, Held>>, key: string, id: string): void => {
  const own = map.get(key)
  own?.delete(id)
  if (own?.size === 0) map.delete(key)
}
