import { capacityOf, type Provider } from "../Provider.ts"
import type { Resources } from "../resourceClasses.ts"
import type { Slot } from "./slots.ts"

/** One class of a slot, by the ledger's number of it. */
interface Portion {
  readonly column: number
  readonly amount: number
}

/**
 * How much a half-made candidate takes of each provider: two groups may take of one. Providers and classes are numbered,
 * for the search asks here at every step.
 */
export class Ledger {
  /** Of each slot, the number of each option. */
  readonly numbers: ReadonlyArray<ReadonlyArray<number>>
  private readonly portions: ReadonlyArray<ReadonlyArray<Portion>>
  private readonly columns: number
  /** Row by row: what may be taken in all, and what is taken. */
  private readonly room: Float64Array
  private readonly taken: Float64Array
  /** Taken by a group that wants a provider of its own. */
  private readonly own: Uint8Array

  constructor(slots: ReadonlyArray<Slot>, usedOf: (provider: Provider) => Resources) {
    const classes = new Map<string, number>()
    const providers = new Map<Provider, number>()
    const numberOf = <A>(numbers: Map<A, number>, key: A): number => {
      let number = numbers.get(key)
      if (number === undefined) numbers.set(key, number = numbers.size)
      return number
    }
    this.portions = slots.map(({ resources }) =>
      [...resources].map(([resource, amount]) => ({ column: numberOf(classes, resource), amount })))
    this.numbers = slots.map(({ options }) => options.map((provider) => numberOf(providers, provider)))
    this.columns = classes.size
    this.room = new Float64Array(providers.size * this.columns)
    this.taken = new Float64Array(this.room.length)
    this.own = new Uint8Array(providers.size)
    for (const [provider, row] of providers) {
      for (const [resource, column] of classes) {
        const has = provider.inventories.get(resource)
        if (has === undefined) continue
        this.room[row * this.columns + column] = Math.min(has.maxUnit, capacityOf(has) - (usedOf(provider).get(resource) ?? 0))
      }
    }
  }

  /** `false`, and nothing is taken, where it would be more than there is, or where the provider is another group's own. */
  take(place: number, number: number, isOwn: boolean): boolean {
    if (isOwn && this.own[number] === 1) return false
    const row = number * this.columns
    for (const { amount, column } of this.portions[place]!) {
      if (this.taken[row + column]! + amount > this.room[row + column]!) return false
    }
    for (const { amount, column } of this.portions[place]!) this.taken[row + column]! += amount
    if (isOwn) this.own[number] = 1
    return true
  }

  giveBack(place: number, number: number, isOwn: boolean): void {
    const row = number * this.columns
    for (const { amount, column } of this.portions[place]!) this.taken[row + column]! -= amount
    if (isOwn) this.own[number] = 0
  }
}
