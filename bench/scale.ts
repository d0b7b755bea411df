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
  readonly placementFleets: ReadonlyArray<number>
  /** Of a round. */
  readonly placements: number
  readonly dryRunFleets: ReadonlyArray<number>
  /** Of the trace that is packed, one batch in so many. */
  readonly packingEvery: number
  /** Of the cluster's parts. */
  readonly clusterRatePerSecond: number
  readonly clusterAgents: ReadonlyArray<number>
  readonly clusterHosts: number
  readonly clusterServers: number
  readonly asks: number
  readonly failovers: number
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
  commits: 100_000,
  placementFleets: [100, 1000, 10_000, 100_000],
  placements: 10_000,
  dryRunFleets: [1000, 10_000],
  packingEvery: 1,
  clusterRatePerSecond: 50,
  clusterAgents: [100, 1000],
  clusterHosts: 10_000,
  clusterServers: 100_000,
  asks: 4000,
  failovers: 5
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
  commits: 20_000,
  placementFleets: [100, 10_000],
  placements: 2_000,
  dryRunFleets: [1000],
  packingEvery: 16,
  clusterRatePerSecond: 50,
  clusterAgents: [20, 100],
  clusterHosts: 500,
  clusterServers: 5000,
  asks: 500,
  failovers: 2
}
