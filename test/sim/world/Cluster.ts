import { Exit } from "effect"
import type { Process } from "../kernel/Process.ts"
import type { World } from "../kernel/World.ts"
import { Hypervisor } from "../hypervisor/Hypervisor.ts"
import { Network } from "../network/Network.ts"
import { StoreServer } from "../store/StoreServer.ts"
import type { Durability } from "../store/StoreServer.ts"
import { Runner } from "./Runner.ts"

export interface Size {
  readonly runners: number
  readonly hosts: number
  readonly durability: Durability
}

/** What a supervisor waits before it starts a runner that ended. */
const restartMillis = 500

/** Everything that is simulated, and how runners come and go in it. */
export class Cluster {
  readonly world: World
  readonly network: Network
  readonly store: StoreServer
  readonly hypervisors: ReadonlyArray<Hypervisor>
  /** By name; `undefined` while it is down. */
  readonly runners = new Map<string, Runner | undefined>()
  readonly names: ReadonlyArray<string>
  readonly crashes: Array<string> = []

  constructor(world: World, { durability, hosts, runners }: Size) {
    this.world = world
    this.network = new Network(world)
    this.store = new StoreServer(world, this.network, durability)
    this.hypervisors = Array.from({ length: hosts }, (_, at) => new Hypervisor(world, this.network, `host-${at + 1}`, (name) =>
      this.hypervisors.find((host) => host.name === name)))
    this.names = Array.from({ length: runners }, (_, at) => `runner-${at + 1}`)
  }

  start(name: string): void {
    if (this.runners.get(name) !== undefined) return
    const process = this.world.process(name)
    const runner = new Runner(this.world, this.network, process, this.hypervisors.map((host) => host.name), (exit) => {
      if (!process.isAlive) return
      // The operator reads the message, and goes on without what was lost.
      if (this.store.memory.head(0).timeline < 0) this.store.acceptLoss()
      if (Exit.isFailure(exit) && !Exit.hasInterrupts(exit)) this.crashes.push(`${name}: ${String(exit.cause)}`)
      this.#gone(process, false)
      this.world.after(restartMillis, null, () => this.start(name))
    })
    this.runners.set(name, runner)
  }

  /** Nothing of it runs any more; whatever it had sent is on its way. */
  kill(name: string, isSilent: boolean): void {
    const runner = this.runners.get(name)
    if (runner !== undefined) this.#gone(runner.process, isSilent)
  }

  get ready(): ReadonlyArray<Runner> {
    return [...this.runners.values()].filter((runner) => runner?.services !== undefined && !runner.process.isFrozen) as ReadonlyArray<Runner>
  }

  #gone(process: Process, isSilent: boolean): void {
    if (!process.isAlive) return
    this.world.kill(process)
    this.network.died(process, isSilent)
    this.runners.set(process.name, undefined)
  }
}
