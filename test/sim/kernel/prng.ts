/** All chance of a simulation: numbers that follow from a seed and a purpose, so that a new purpose changes no old one. */

/** FNV-1a: the same text gives the same 32 bits everywhere. */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** mulberry32. */
export class Prng {
  #state: number

  constructor(seed: number, purpose: string) {
    this.#state = (hashOf(`${seed}/${purpose}`) ^ Math.imul(seed, 0x9e3779b1)) >>> 0
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 | 0
    let t = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) / 4294967296
  }

  /** A whole number from 0 up to `below`. */
  int(below: number): number {
    return Math.floor(this.next() * below)
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability
  }

  pick<A>(list: ReadonlyArray<A>): A {
    const found = list[this.int(list.length)]
    if (found === undefined) throw new Error("Nothing to pick from")
    return found
  }

  /** Mostly short, now and then long: how latencies are spread. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean
  }
}
