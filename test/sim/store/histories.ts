import type { StoreAppend, StoreCommit } from "../../../src/runtime/kernel/Store.ts"
import { Prng } from "../kernel/prng.ts"
import type { Operation } from "./operations.ts"
import { perform } from "./operations.ts"
import { StoreModel } from "./StoreModel.ts"

/** Leases are far from their end, or over already: so that no answer hangs on how fast a store answers. */
const leases = [3_600_000, 3_600_000, 3_600_000, 0]
const shardNames = ["s1", "s2", "s3", "s4"]
const addresses = ["a:1", "b:1", "c:1"]

/** Operations that a program could ask for in this order; later ones know the answers of earlier ones. */
export const randomHistory = (seed: number, length: number): ReadonlyArray<Operation> => {
  const prng = new Prng(seed, "history")
  const model = new StoreModel("history")
  const numbers = new Map<string, number>()
  const epochs = new Map<string, number>()
  const list = <A>(most: number, make: () => A): ReadonlyArray<A> => Array.from({ length: 1 + prng.int(most) }, make)
  const some = () => [...new Set(list(4, () => prng.pick(shardNames)))]

  const append = (): StoreAppend => {
    const [type, id] = [prng.pick(["T", "U"]), prng.pick(["1", "2", "3", "é"])]
    const version = model.load(type, id)?.version ?? 0
    return {
      type, id, expected: prng.chance(0.8) ? version : prng.int(3), pending: prng.chance(0.3),
      state: prng.chance(0.15) ? null : JSON.stringify({ at: prng.int(1_000) }), events: JSON.stringify([prng.int(9)])
    }
  }
  const commit = (): StoreCommit => ({
    fences: prng.chance(0.5) ? [] : list(2, () => prng.pick([...shardNames, "runner/a:1"])).map((shard) => ({
      shard, epoch: Math.max(0, model.epochs([shard])[0]! - (prng.chance(0.1) ? 1 : 0))
    })),
    requestId: prng.chance(0.4) ? prng.pick(["r1", "r2", "r3"]) : null, reply: "\"reply\"", appends: list(3, append)
  })
  const batch = (): Operation => {
    const writer = prng.pick(["one", "two"])
    const number = (numbers.get(writer) ?? 0) + 1
    numbers.set(writer, number)
    const known = prng.chance(0.95) ? 0 : model.head(0).position + prng.int(2)
    return { name: "commit", args: [{ writer, number, known, commits: list(5, commit) }, 1] }
  }
  const epochOf = (address: string) => (epochs.get(address) ?? 0) - (prng.chance(0.05) ? 1 : 0)
  const lock = (): Operation => {
    const address = prng.pick(addresses)
    return { name: "lock", args: [address, epochOf(address), some()] }
  }
  const makers: ReadonlyArray<() => Operation> = [
    batch, batch, batch, batch,
    () => ({ name: "acquire", args: [prng.pick(shardNames)] }),
    () => ({ name: "epochs", args: [shardNames] }),
    () => ({ name: "load", args: [prng.pick(["T", "U"]), prng.pick(["1", "2", "é"])] }),
    () => ({ name: "scan", args: [prng.pick(["T", "U", null])] }),
    () => ({ name: "read", args: [prng.int(20), 1 + prng.int(10)] }),
    () => ({ name: "head", args: [] }),
    () => ({ name: "register", args: [{ address: prng.pick(addresses), about: "{}", isHealthy: prng.chance(0.8), leaseMillis: prng.pick(leases) }] }),
    () => ({ name: "unregister", args: [prng.pick(addresses)] }),
    () => ({ name: "runners", args: [] }),
    () => ({ name: "setHealth", args: [prng.pick(addresses), prng.chance(0.5)] }),
    lock, lock, lock,
    () => {
      const address = prng.pick(addresses)
      return { name: "refresh", args: [address, epochOf(address), prng.pick(leases)] }
    },
    () => ({ name: "unlock", args: [prng.pick(addresses), prng.chance(0.2) ? null : some()] }),
    () => ({ name: "holders", args: [shardNames] })
  ]
  let last: Operation | undefined
  return Array.from({ length }, () => {
    // What is sent again must be answered alike.
    const operation: Operation = last?.name === "commit" && prng.chance(0.2) ? last : prng.pick(makers)()
    const answer = perform(model, operation, 0)
    if (operation.name === "register") epochs.set(operation.args[0].address, (answer as { readonly epoch: number }).epoch)
    return last = operation
  })
}

/** What a simulated run asked its store for, with leases that outlast the comparison. */
export const lasting = (operation: Operation): Operation => {
  switch (operation.name) {
    case "register": return { name: "register", args: [{ ...operation.args[0], leaseMillis: 3_600_000 }] }
    case "refresh": return { name: "refresh", args: [operation.args[0], operation.args[1], 3_600_000] }
    default: return operation
  }
}
