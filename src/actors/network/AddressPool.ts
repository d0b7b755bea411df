import { contains } from "./addresses.ts"
import type { AddressRange } from "./addresses.ts"

/** Where so many in a row are taken, the ordinary walk goes on. */
const farStepsMax = 16n

/**
 * Which addresses of one subnet are taken. `take` is O(1) amortised however full the pool is: it walks each address
 * once, and after that reuses what was released, oldest release last. Explicit addresses may lie outside the ranges.
 */
export class AddressPool {
  private ranges: ReadonlyArray<AddressRange>
  private readonly taken = new Set<bigint>()
  private rangeIndex = 0
  private next = 0n
  private freed: Array<bigint> = []
  private readonly isFreed = new Set<bigint>()

  constructor(ranges: ReadonlyArray<AddressRange>) {
    this.ranges = ranges
    this.rewind(ranges)
  }

  /** Reserves any free address of the ranges; `undefined` when none is left. */
  take(): bigint | undefined {
    const address = this.walk() ?? this.reuse()
    if (address !== undefined) this.taken.add(address)
    return address
  }

  /**
   * As `take`, but from a place in the ranges that `seed` names, a number from 0 to 1: for whoever has lost an address to another
   * process, which walks as this one does and would meet it at the next one, too.
   */
  takeFar(seed: number): bigint | undefined {
    for (const { first, last } of this.ranges) {
      const size = last - first + 1n
      const start = BigInt(Math.floor(seed * Math.min(Number(size), Number.MAX_SAFE_INTEGER)))
      for (let step = 0n; step < farStepsMax && step < size; step++) {
        const address = first + (start + step) % size
        if (this.claim(address)) return address
      }
    }
    return this.take()
  }

  /** Reserves this address; `false` when it is taken. */
  claim(address: bigint): boolean {
    if (this.taken.has(address)) return false
    this.taken.add(address)
    return true
  }

  release(address: bigint): void {
    if (!this.taken.delete(address)) return
    // Addresses the walk has not reached yet will be found by it.
    if (address >= this.next || this.isFreed.has(address) || !this.ranges.some((range) => contains(range, address))) return
    this.isFreed.add(address)
    this.freed.push(address)
  }

  get size(): number {
    return this.taken.size
  }

  has(address: bigint): boolean {
    return this.taken.has(address)
  }

  /** New ranges; what is taken stays taken. */
  rewind(ranges: ReadonlyArray<AddressRange>): void {
    this.ranges = ranges.toSorted((a, b) => a.first < b.first ? -1 : 1)
    this.rangeIndex = 0
    this.next = this.ranges[0]?.first ?? 0n
    this.freed = []
    this.isFreed.clear()
  }

  private walk(): bigint | undefined {
    for (;;) {
      const range = this.ranges[this.rangeIndex]
      if (range === undefined) return undefined
      if (this.next < range.first) this.next = range.first
      while (this.next <= range.last) {
        const address = this.next++
        if (!this.taken.has(address)) return address
      }
      this.rangeIndex++
    }
  }

  private reuse(): bigint | undefined {
    for (let address = this.freed.pop(); address !== undefined; address = this.freed.pop()) {
      this.isFreed.delete(address)
      if (!this.taken.has(address)) return address
    }
    return undefined
  }
}
