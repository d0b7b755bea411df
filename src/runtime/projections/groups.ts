import type { Instance } from "../../actors/instance/Instance.ts"
import { isLive } from "../../actors/instance/Instance.ts"

/** Live servers by a key: by host, by server group. */
export class LiveBy {
  readonly #sets = new Map<string, Map<string, Instance>>()
  readonly #keyOf: (instance: Instance) => string | null

  constructor(keyOf: (instance: Instance) => string | null) {
    this.#keyOf = keyOf
  }

  of(key: string): Iterable<Instance> {
    return this.#sets.get(key)?.values() ?? []
  }

  change(before: Instance | undefined, after: Instance | undefined): void {
    const from = before !== undefined && isLive(before) ? this.#keyOf(before) : null
    const to = after !== undefined && isLive(after) ? this.#keyOf(after) : null
    if (from !== null && from !== to) {
      const set = this.#sets.get(from)
      set?.delete(before!.id)
      if (set?.size === 0) this.#sets.delete(from)
    }
    if (to !== null) {
      const set = this.#sets.get(to) ?? new Map<string, Instance>()
      set.set(after!.id, after!)
      this.#sets.set(to, set)
    }
  }
}

interface Entry { instance: Instance | undefined }

/** Oldest first; servers of one request in launch order: the same after a restart as before it. */
export const byAge = (a: Instance, b: Instance): number =>
  a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.launchIndex - b.launchIndex || (a.id < b.id ? -1 : 1)

const isYounger = ({ instance }: Entry, than: Instance) => instance !== undefined && byAge(instance, than) > 0

/** Servers in the order of creation, newest first, without moving anything when one changes or goes. */
export class Chronicle {
  #entries: Array<Entry> = []
  #gone = 0

  add(instance: Instance): Entry {
    const entry: Entry = { instance }
    let at = this.#entries.length
    // Nearly always the newest; only servers of one moment and a late commit come out of order.
    while (at > 0 && isYounger(this.#entries[at - 1]!, instance)) at--
    if (at === this.#entries.length) this.#entries.push(entry)
    else this.#entries.splice(at, 0, entry)
    return entry
  }

  remove(entry: Entry): void {
    entry.instance = undefined
    if (++this.#gone * 2 > this.#entries.length) {
      this.#entries = this.#entries.filter(({ instance }) => instance !== undefined)
      this.#gone = 0
    }
  }

  *newestFirst(): Iterable<Instance> {
    const entries = this.#entries
    for (let i = entries.length - 1; i >= 0; i--) {
      const { instance } = entries[i]!
      if (instance !== undefined) yield instance
    }
  }
}
export type { Entry }
