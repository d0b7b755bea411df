/** How much of everything: enough for figures one can trust, or just enough to see that all of it works. */
export interface Scale {
  readonly rounds: number
  readonly boots: number
  /** Create requests on their way at once. */
  readonly width: number
  readonly fleets: ReadonlyArray<number>
  /** Of the parts that look at one fleet. */
  readonly fleet: number
  readonly ratesPerSecond: ReadonlyArray<number>
  readonly rateSeconds: number
  readonly reads: number
  readonly lists: number
  readonly stored: ReadonlyArray<number>
  readonly idleMillis: number
  readonly profiledBoots: number
  readonly commits: number
}

export const full: Scale = {
  rounds: 5,
  boots: 1000,
  width: 64,
  fleets: [8, 100, 1000],
  fleet: 100,
  ratesPerSecond: [200, 500],
  rateSeconds: 5,
  reads: 5000,
  lists: 20,
  stored: [1000, 10_000, 100_000],
  idleMillis: 5_000,
  profiledBoots: 5000,
  commits: 100_000
}

export const quick: Scale = {
  ...full,
  rounds: 2,
  boots: 200,
  fleets: [8, 1000],
  ratesPerSecond: [200],
  rateSeconds: 2,
  reads: 1000,
  lists: 5,
  stored: [1000, 20_000],
  idleMillis: 1_000,
  profiledBoots: 1000,
  commits: 20_000
}
