interface Leaving {
  readonly endSeconds: number
}

/** Those that are there, the first to leave on top: a binary heap. */
export class Departures<A extends Leaving> {
  readonly #heap: Array<A> = []

  push(one: A): void {
    const heap = this.#heap
    let at = heap.length
    for (; at > 0; at = at - 1 >> 1) {
      const parent = heap[at - 1 >> 1]!
      if (parent.endSeconds <= one.endSeconds) break
      heap[at] = parent
    }
    heap[at] = one
  }

  /** Takes the first to leave, if it has left by then. */
  popUntil(atSeconds: number): A | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.endSeconds > atSeconds) return undefined
    const last = heap.pop()!
    if (heap.length > 0) this.#sink(last)
    return first
  }

  #sink(one: A): void {
    const heap = this.#heap
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.endSeconds < heap[child]!.endSeconds) child++
      if (heap[child]!.endSeconds >= one.endSeconds) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = one
  }
}
