/** Sums over samples. All of them want at least one sample. */

const ascending = (samples: ReadonlyArray<number>): Array<number> => [...samples].sort((a, b) => a - b)

/** The nearest rank: the smallest sample that at least `percent` of all samples do not exceed. */
export const percentile = (samples: ReadonlyArray<number>, percent: number): number => {
  const rank = Math.ceil(samples.length * percent / 100)
  return ascending(samples)[Math.max(0, rank - 1)]!
}

/** The middle sample, or halfway between the two in the middle. */
export const median = (samples: ReadonlyArray<number>): number => {
  const sorted = ascending(samples)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
