import type { Prng } from "../kernel/prng.ts"
import type { Cluster } from "../world/Cluster.ts"

interface Fault {
  /** Mean time between two of its kind. */
  readonly everyMillis: number
  /** Begins it; the answer, if any, ends it again. */
  readonly begin: (cluster: Cluster, prng: Prng) => (() => void) | void
  /** How long it lasts. */
  readonly lastsMillis: readonly [number, number]
}

const some = (cluster: Cluster, prng: Prng) => prng.pick(cluster.names)
const restart = (cluster: Cluster, name: string) => () => cluster.start(name)

/** What goes wrong. Every one ends by itself, and all of them before the end of a run. */
export const faults = {
  /** A runner's process is killed; its peers are told by their kernels. */
  crash: {
    everyMillis: 20_000, lastsMillis: [100, 8_000],
    begin: (cluster, prng) => {
      const name = some(cluster, prng)
      cluster.kill(name, false)
      return restart(cluster, name)
    }
  },
  /** A runner's machine is gone; nobody is told. */
  powerLoss: {
    everyMillis: 60_000, lastsMillis: [100, 20_000],
    begin: (cluster, prng) => {
      const name = some(cluster, prng)
      cluster.kill(name, true)
      return restart(cluster, name)
    }
  },
  /** A runner is stopped in good order, and started again. */
  stop: {
    everyMillis: 60_000, lastsMillis: [1_000, 8_000],
    begin: (cluster, prng) => {
      cluster.runners.get(some(cluster, prng))?.stop()
    }
  },
  /** A runner stands still for longer than its lease, or for less, and does not know it. */
  freeze: {
    everyMillis: 20_000, lastsMillis: [200, 12_000],
    begin: (cluster, prng) => {
      const process = cluster.runners.get(some(cluster, prng))?.process
      if (process === undefined) return
      cluster.world.freeze(process)
      return () => cluster.world.thaw(process)
    }
  },
  slow: {
    everyMillis: 40_000, lastsMillis: [2_000, 20_000],
    begin: (cluster, prng) => {
      const process = cluster.runners.get(some(cluster, prng))?.process
      if (process === undefined) return
      process.lagMillis = prng.between(0.5, 20)
      return () => { process.lagMillis = 0 }
    }
  },
  /** A runner hears late of what others commit. */
  feedLag: {
    everyMillis: 15_000, lastsMillis: [2_000, 15_000],
    begin: (cluster, prng) => {
      const process = cluster.runners.get(some(cluster, prng))?.process
      if (process === undefined) return
      process.feedLagMillis = prng.between(200, 4_000)
      return () => { process.feedLagMillis = 0 }
    }
  },
  skew: {
    everyMillis: 60_000, lastsMillis: [5_000, 60_000],
    begin: (cluster, prng) => {
      const process = cluster.runners.get(some(cluster, prng))?.process
      if (process === undefined) return
      process.skewMillis = prng.between(-20_000, 20_000)
      return () => { process.skewMillis = 0 }
    }
  },
  /** Two runners, or a runner and the store, or a runner and a host, cannot reach each other. */
  partition: {
    everyMillis: 15_000, lastsMillis: [500, 15_000],
    begin: (cluster, prng) => {
      const name = some(cluster, prng)
      const others = [...cluster.names.filter((other) => other !== name), "store", "store", prng.pick(cluster.hypervisors).name]
      const other = prng.pick(others)
      cluster.network.cut(name, other)
      return () => cluster.network.mend(name, other)
    }
  },
  /** Connections break, messages and answers with them. */
  breaks: {
    everyMillis: 5_000, lastsMillis: [500, 4_000],
    begin: (cluster) => {
      cluster.network.weather.breakRate = 0.02
      return () => { cluster.network.weather.breakRate = 0 }
    }
  },
  stalls: {
    everyMillis: 15_000, lastsMillis: [1_000, 8_000],
    begin: (cluster) => {
      Object.assign(cluster.network.weather, { latencyMillis: 5, stallRate: 0.05, stallMillis: 3_000 })
      return () => Object.assign(cluster.network.weather, { latencyMillis: 0.3, stallRate: 0 })
    }
  },
  storeCrash: {
    everyMillis: 30_000, lastsMillis: [50, 8_000],
    begin: ({ store }) => {
      if (!store.isUp) return
      store.crash()
      return () => store.restart()
    }
  },
  storePause: {
    everyMillis: 40_000, lastsMillis: [500, 6_000],
    begin: ({ store }) => {
      store.pause()
      return () => store.resume()
    }
  },
  slowDisk: {
    everyMillis: 30_000, lastsMillis: [1_000, 10_000],
    begin: ({ store }) => {
      store.fsyncMillis = 300
      return () => { store.fsyncMillis = 0.5 }
    }
  },
  /** The replica takes over, where there is one. */
  failover: {
    everyMillis: 25_000, lastsMillis: [0, 0],
    begin: ({ store }) => {
      if (["replica", "async"].includes(store.durability) && store.isUp) store.failover()
    }
  },
  /** The replica is up to a second behind. */
  replicaLag: {
    everyMillis: 15_000, lastsMillis: [5_000, 20_000],
    begin: ({ store }) => {
      store.replicaLagMillis = 500
      return () => { store.replicaLagMillis = 50 }
    }
  },
  hostFails: {
    everyMillis: 20_000, lastsMillis: [2_000, 15_000],
    begin: (cluster, prng) => {
      const { temper } = prng.pick(cluster.hypervisors)
      Object.assign(temper, { failRate: 0.2, slowRate: 0.1 })
      return () => Object.assign(temper, { failRate: 0, slowRate: 0 })
    }
  },
  hostHangs: {
    everyMillis: 40_000, lastsMillis: [2_000, 15_000],
    begin: (cluster, prng) => {
      const { temper } = prng.pick(cluster.hypervisors)
      temper.hangRate = 0.2
      return () => { temper.hangRate = 0 }
    }
  },
  hostCrash: {
    everyMillis: 60_000, lastsMillis: [2_000, 20_000],
    begin: (cluster, prng) => {
      const host = prng.pick(cluster.hypervisors)
      if (!host.isUp) return
      host.crash()
      return () => host.restart()
    }
  },
  guestStops: {
    everyMillis: 10_000, lastsMillis: [0, 0],
    begin: (cluster, prng) => prng.pick(cluster.hypervisors).guestStops()
  }
} satisfies { readonly [name: string]: Fault }
export type FaultName = keyof typeof faults

/** Those of the class `always`; the others lose acknowledged commits, which an operator must answer for. */
export const usual = (Object.keys(faults) as ReadonlyArray<FaultName>).filter((name) => name !== "failover" && name !== "replicaLag")

/** Lets the named faults happen, each in its own time, until the answer is called: it ends them all. */
export const unleash = (cluster: Cluster, names: ReadonlyArray<FaultName>): (() => void) => {
  const { world } = cluster
  const ending = new Set<() => void>()
  let isOver = false
  for (const name of names) {
    const { begin, everyMillis, lastsMillis }: Fault = faults[name]
    const prng = world.prng(`fault ${name}`)
    const next = () => world.after(prng.exponential(everyMillis), null, () => {
      if (isOver) return
      world.trace.mark(name)
      const end = begin(cluster, prng)
      const wait = prng.between(...lastsMillis)
      if (end !== undefined) {
        const once = () => { if (ending.delete(once)) end() }
        ending.add(once)
        world.after(wait, null, once)
      }
      next()
    })
    next()
  }
  return () => {
    isOver = true
    for (const end of [...ending]) end()
  }
}
