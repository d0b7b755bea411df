/** What clients ask for. Weights are relative; a mean gap is between two requests of all clients together. */
export interface Workload {
  readonly gapMillis: number
  readonly projects: number
  /** Of each project. */
  readonly quota: { readonly instances: number; readonly cores: number; readonly ram: number }
  readonly weights: {
    readonly create: number
    readonly delete: number
    readonly stop: number
    readonly start: number
    readonly reboot: number
    readonly change: number
    /** To another host, as it runs. */
    readonly move?: number
    /** To another size; and what is done with one that waits. */
    readonly resize?: number
    readonly confirmResize?: number
    readonly revertResize?: number
  }
  /** Servers a request may ask for. */
  readonly countMax: number
  /** Of creates, those in a group of each policy. */
  readonly grouped: { readonly affinity: number; readonly antiAffinity: number }
  /** Of creates, those on the simulated network. */
  readonly networked: number
}

const churn: Workload = {
  gapMillis: 400,
  projects: 3,
  quota: { instances: 14, cores: 24, ram: 40_000 },
  weights: { create: 4, delete: 3, stop: 2, start: 2, reboot: 1, change: 1 },
  countMax: 2,
  grouped: { affinity: 0.05, antiAffinity: 0.1 },
  networked: 0.3
}

export const workloads = {
  churn,
  /** Everybody wants the last of the quota, through every runner, at once. */
  quota: {
    ...churn, gapMillis: 60, projects: 2, quota: { instances: 5, cores: 8, ram: 12_000 }, countMax: 4,
    weights: { create: 10, delete: 4, stop: 0, start: 0, reboot: 0, change: 0 }, networked: 0
  },
  /** Hosts are full, and groups say who may share one. */
  groups: {
    ...churn, gapMillis: 200, projects: 2, quota: { instances: 40, cores: 100, ram: 200_000 },
    weights: { create: 6, delete: 5, stop: 1, start: 1, reboot: 0, change: 0 },
    grouped: { affinity: 0.3, antiAffinity: 0.5 }, networked: 0
  },
  /** Everything is on its way. */
  moves: {
    ...churn, gapMillis: 250, projects: 2, quota: { instances: 20, cores: 60, ram: 90_000 },
    weights: { ...churn.weights, move: 8, resize: 4, confirmResize: 3, revertResize: 2 }, grouped: { affinity: 0.2, antiAffinity: 0.3 }
  },
  /** More than the hosts can take: what counts is who gets the last place. */
  full: {
    ...churn, gapMillis: 150, projects: 4, quota: { instances: 60, cores: 200, ram: 400_000 },
    weights: { create: 8, delete: 4, stop: 1, start: 1, reboot: 0, change: 0 }, countMax: 5, networked: 0
  }
} satisfies { readonly [name: string]: Workload }
export type WorkloadName = keyof typeof workloads

/** Sizes of servers, by the ids of their flavors: cores, MiB, GiB. */
export const sizes = [["small", 1, 512, 1], ["medium", 2, 2_048, 10], ["large", 4, 6_144, 30]] as const
