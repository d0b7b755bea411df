interface Held {
  readonly instanceId: string
  readonly host: string
  readonly groupId: string | null
  readonly vcpus: number
  readonly ramMb: number
  readonly diskGb: number
  readonly expiresAtMillis: number
}

export interface Sums { vcpus: number; ramMb: number; diskGb: number }

/**
 * Picks not yet visible as the server's own `host`: held here so that the next pick sees them. Oldest first; each
 * goes when its server is placed, gone, or its time is up.
 */
export class Holds {
  #queue: Array<Held> = []
  readonly #sums = new Map<string, Sums>()
  readonly #onChange: (host: string) => void

  constructor(onChange: (host: string) => void) {
    this.#onChange = onChange
  }

  add(held: Held): void {
    this.#queue.push(held)
    this.#count(held, 1)
  }

  /** Drops every hold `isSettled` says is seen elsewhere by now, and those out of time. */
  settle(nowMillis: number, isSettled: (instanceId: string) => boolean): void {
    if (this.#queue.length === 0) return
    this.#queue = this.#queue.filter((held) => {
      const isKept = held.expiresAtMillis > nowMillis && !isSettled(held.instanceId)
      if (!isKept) this.#count(held, -1)
      return isKept
    })
  }

  of(host: string): Readonly<Sums> | undefined {
    return this.#sums.get(host)
  }

  hostsOfGroup(groupId: string): Array<string> {
    return this.#queue.filter((held) => held.groupId === groupId).map((held) => held.host)
  }

  #count(held: Held, sign: 1 | -1): void {
    const sums = this.#sums.get(held.host) ?? { vcpus: 0, ramMb: 0, diskGb: 0 }
    sums.vcpus += sign * held.vcpus
    sums.ramMb += sign * held.ramMb
    sums.diskGb += sign * held.diskGb
    if (sums.vcpus === 0 && sums.ramMb === 0 && sums.diskGb === 0) this.#sums.delete(held.host)
    else this.#sums.set(held.host, sums)
    this.#onChange(held.host)
  }
}
