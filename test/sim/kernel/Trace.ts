import { hashOf } from "./prng.ts"

/** What happened, as one number: the same seed must give the same one. */
export class Trace {
  #all = 0x811c9dc5
  #choices = 0x811c9dc5
  steps = 0

  /** Something that happened: a time, a message, a commit. */
  mark(value: number | string): void {
    this.#all = Math.imul(this.#all ^ (typeof value === "string" ? hashOf(value) : value | 0), 0x01000193)
  }

  /** The task that was chosen, by its process and its place among the runnable ones. */
  chose(process: number, place: number): void {
    this.steps++
    this.#choices = Math.imul(this.#choices ^ (process << 16 ^ place), 0x01000193)
  }

  get hash(): string {
    return [this.#all, this.#choices].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("")
  }

  /** The order of tasks alone: two runs that differ in it are different interleavings. */
  get schedule(): string {
    return (this.#choices >>> 0).toString(16).padStart(8, "0")
  }
}
