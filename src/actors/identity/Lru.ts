/** A map that forgets what was not asked for longest. */
export class Lru<A> {
  private readonly entries = new Map<string, A>()
  private readonly entriesMax: number

  constructor(entriesMax: number) {
    this.entriesMax = entriesMax
  }

  get size(): number {
    return this.entries.size
  }

  get(key: string): A | undefined {
    const entry = this.entries.get(key)
    if (entry !== undefined) {
      this.entries.delete(key)
      this.entries.set(key, entry)
    }
    return entry
  }

  set(key: string, entry: A): void {
    this.entries.delete(key)
    this.entries.set(key, entry)
    if (this.entries.size > this.entriesMax) this.entries.delete(this.entries.keys().next().value!)
  }

  clear(): void {
    this.entries.clear()
  }
}
