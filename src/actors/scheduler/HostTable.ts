import type { HostState } from "./Filter.ts"

/**
 * The hosts' states, kept from one pick to the next: only those marked since are made anew, so a pick costs what changed,
 * not what there is.
 */
export class HostTable {
  readonly #states = new Map<string, HostState>()
  readonly #marked = new Set<string>()

  /** Something about the host changed: its record, its servers, what is held on it. */
  mark(hostname: string): void {
    this.#marked.add(hostname)
  }

  /** `make` answers the host's state now; `undefined`: there is no such host. */
  states(make: (hostname: string) => HostState | undefined): Iterable<HostState> {
    for (const hostname of this.#marked) {
      const state = make(hostname)
      if (state === undefined) this.#states.delete(hostname)
      else this.#states.set(hostname, state)
    }
    this.#marked.clear()
    return { [Symbol.iterator]: () => this.#states.values() }
  }
}
