import type { StoreRunner } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"

interface Sighting {
  readonly lease: number
  /** When the lease was seen to grow last, by this process' own clock. */
  readonly atSeconds: number
}

/** A lease is prolonged this often; one that ends in order has been prolonged more lately than one that ran out. */
const quietSeconds = (Limits.leaseMillis - Limits.leaseRefreshMillis) / 1000

/** Tells runners that were given up from those that left: the lease of the former was not prolonged for long. */
export class Vigil {
  #seen = new Map<string, Sighting>()

  /** What has become of the members since the last look. */
  look(rows: ReadonlyArray<StoreRunner>, nowSeconds: number): "same" | "changed" | "givenUp" {
    const next = new Map<string, Sighting>()
    for (const { address, epoch, leaseUntilMillis } of rows) {
      const key = `${address}/${epoch}`
      const before = this.#seen.get(key)
      next.set(key, before?.lease === leaseUntilMillis ? before : { lease: leaseUntilMillis, atSeconds: nowSeconds })
    }
    const gone = [...this.#seen].filter(([key]) => !next.has(key))
    const isSame = gone.length === 0 && next.size === this.#seen.size
    this.#seen = next
    return isSame ? "same" : gone.some(([, { atSeconds }]) => nowSeconds - atSeconds >= quietSeconds) ? "givenUp" : "changed"
  }
}
