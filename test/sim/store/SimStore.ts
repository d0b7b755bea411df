import { Effect, Layer, Stream } from "effect"
import { Store, StoreRolledBack, StoreUnavailable } from "../../../src/runtime/kernel/Store.ts"
import type { StoreSnapshot } from "../../../src/runtime/kernel/Store.ts"
import type { Process } from "../kernel/Process.ts"
import type { World } from "../kernel/World.ts"
import type { End, Network } from "../network/Network.ts"
import type { AnswerOf, Operation } from "./operations.ts"
import { storeName } from "./StoreServer.ts"
import type { Request } from "./StoreServer.ts"

/** As Redis clients do: a command that is not answered for so long has failed, and its connection with it. */
const answerMillis = 3_000

type Resume = (effect: Effect.Effect<unknown, StoreUnavailable>) => void

/** One connection to the store, made again when it breaks. What was asked and not answered fails; it may have been done. */
class Line {
  readonly #world: World
  readonly #network: Network
  readonly #process: Process
  #end: End | undefined
  #isConnecting = false
  #number = 0
  #unsent: Array<Request> = []
  readonly #waiting = new Map<number, { readonly name: string; readonly resume: Resume; readonly stop: () => void }>()

  constructor(world: World, network: Network, process: Process) {
    this.#world = world
    this.#network = network
    this.#process = process
  }

  ask(operation: Request["operation"], waitMillis = answerMillis): Effect.Effect<unknown, StoreUnavailable> {
    return Effect.callback((resume) => {
      const number = ++this.#number
      const stop = this.#world.after(waitMillis, this.#process, () => this.#fail("no answer in time"))
      this.#waiting.set(number, { name: operation.name, resume, stop })
      this.#unsent.push({ number, operation })
      this.#flush()
      return Effect.sync(() => {
        this.#waiting.delete(number)
        stop()
      })
    })
  }

  #flush(): void {
    if (this.#end !== undefined) {
      for (const request of this.#unsent.splice(0)) this.#end.send(request)
    } else if (!this.#isConnecting) this.#connect()
  }

  #connect(): void {
    this.#isConnecting = true
    this.#network.connect(this.#process.name, this.#process, storeName, (end) => {
      this.#isConnecting = false
      if (end === null) return this.#fail("connection refused")
      end.onClose = () => { if (this.#end === end) this.#fail("connection closed") }
      end.onMessage = (message) => {
        const { answer, number } = message as { readonly number: number; readonly answer: unknown }
        const asked = this.#waiting.get(number)
        this.#waiting.delete(number)
        asked?.stop()
        asked?.resume(Effect.succeed(answer))
      }
      this.#end = end
      this.#flush()
    })
  }

  #fail(cause: string): void {
    const asked = [...this.#waiting.values()]
    this.#waiting.clear()
    this.#unsent = []
    const end = this.#end
    this.#end = undefined
    end?.close()
    for (const { name, resume, stop } of asked) {
      stop()
      resume(Effect.fail(new StoreUnavailable({ operation: name, cause })))
    }
  }
}

const pageSize = 50

const make = (world: World, network: Network, process: Process): Store["Service"] => {
  const line = new Line(world, network, process)
  const following = new Line(world, network, process)
  /** As it was when this process first asked. */
  let timeline: number | undefined
  const ask = <N extends Operation["name"]>(name: N, ...args: Extract<Operation, { readonly name: N }>["args"]) =>
    line.ask({ name, args } as unknown as Operation) as Effect.Effect<AnswerOf<N>, StoreUnavailable>

  /** Not one atomic view: names first, then page by page what stands there by then. */
  const scan = (type: string | null): Stream.Stream<StoreSnapshot, StoreUnavailable> =>
    Stream.unwrap(Effect.map(ask("scan", type), (known) => {
      const pages = Array.from({ length: Math.ceil(known.length / pageSize) }, (_, at) => known.slice(at * pageSize, (at + 1) * pageSize))
      return Stream.fromIterable(pages).pipe(
        Stream.mapEffect((page, at) =>
          at === 0 ? Effect.succeed(page) : Effect.map(
            Effect.forEach(page, (stream) => ask("load", stream.type, stream.id), { concurrency: "unbounded" }),
            (found) => found.filter((stream) => stream !== null)
          )),
        Stream.flattenIterable
      )
    }))

  return {
    head: Effect.tap(ask("head"), (head) => Effect.sync(() => { timeline ??= head.timeline })),
    commit: (batch) => Effect.flatMap(Effect.suspend(() => ask("commit", batch, timeline ?? 1)), (answer) => {
      if (!("_tag" in answer)) return Effect.succeed(answer)
      return Effect.fail(answer._tag === "Stale"
        ? new StoreUnavailable({ operation: "commit", cause: "a batch comes after a later one" })
        : new StoreRolledBack({ position: answer.position, known: answer.known }))
    }),
    condemn: Effect.suspend(() => ask("condemn", timeline ?? 1)),
    acquire: (shard) => ask("acquire", shard),
    epochs: (shards) => ask("epochs", shards),
    load: (type, id) => ask("load", type, id),
    scan,
    read: (after, count) => ask("read", after, count),
    follow: (after, count) =>
      Effect.tap(
        following.ask({ name: "follow", after, count }) as ReturnType<Store["Service"]["follow"]>,
        () => process.feedLagMillis === 0 ? Effect.void : Effect.sleep(process.feedLagMillis)
      ),
    register: (runner) => ask("register", runner),
    unregister: (address) => ask("unregister", address),
    runners: ask("runners"),
    setHealth: (address, isHealthy) => ask("setHealth", address, isHealthy),
    lock: (address, epoch, shards) => ask("lock", address, epoch, shards),
    refresh: (address, epoch, leaseMillis) => ask("refresh", address, epoch, leaseMillis),
    unlock: (address, shards) => ask("unlock", address, shards),
    holders: (shards) => ask("holders", shards)
  }
}

/** The store as one process reaches it. */
export const layer = (world: World, network: Network, process: Process): Layer.Layer<Store> =>
  Layer.sync(Store, () => make(world, network, process))
