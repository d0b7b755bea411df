import type { Process } from "./Process.ts"

/** Something that happens at a time. `owner`: the process it happens to; with it gone, it does not happen. */
export interface Event {
  readonly atMillis: number
  readonly order: number
  readonly owner: Process | null
  /** Frees what it held when it is called off. */
  run: (() => void) | null
}

const isBefore = (a: Event, b: Event) => a.atMillis < b.atMillis || (a.atMillis === b.atMillis && a.order < b.order)

/** A binary heap of what is to come, soonest first. */
export class Agenda {
  readonly #heap: Array<Event> = []

  get next(): Event | undefined {
    return this.#heap[0]
  }

  add(event: Event): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = event
  }

  take(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    while (true) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}
