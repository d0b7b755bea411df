type Wire = Readonly<Record<string, unknown>>

const compare = (one: unknown, other: unknown): number => {
  if (typeof one === "number" && typeof other === "number") return one - other
  const [a, b] = [String(one ?? ""), String(other ?? "")]
  return a < b ? -1 : a > b ? 1 : 0
}

/** Wire forms by some of their keys, the first one first; numbers as numbers, all else as text. */
export const byKeys = (keys: ReadonlyArray<readonly [key: string, direction: string]>) => (a: Wire, b: Wire): number => {
  for (const [key, direction] of keys) {
    const order = compare(a[key], b[key])
    if (order !== 0) return direction === "desc" ? -order : order
  }
  return 0
}
