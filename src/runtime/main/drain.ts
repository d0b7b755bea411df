/** `kilonova cluster drain RUNNER`: its shards go to the others; it stays up, and hands on what still reaches it. */
import { Console, Effect, Schedule } from "effect"
import { readAbout } from "../cluster/about.ts"
import { shardNames } from "../cluster/ClusterOwnership.ts"
import { Store } from "../kernel/Store.ts"
import type { StoreRunner } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import { withStore } from "./clusterClient.ts"
import type { ClusterSettings } from "./options.ts"
import { cannotStart, type StartError, wrongUsage } from "./StartError.ts"

/** By its address among the members, or by one of its URLs. */
const memberOf = (members: ReadonlyArray<StoreRunner>, named: string): Effect.Effect<StoreRunner, StartError> => {
  const found = members.filter(({ about, address }) => {
    const { apiUrl, controlUrl } = readAbout(about)
    return [address, apiUrl, controlUrl].includes(named)
  })
  if (found.length === 1) return Effect.succeed(found[0]!)
  const known = members.map(({ address }) => address).join(", ")
  return Effect.fail(wrongUsage([
    found.length > 1
      ? `several runners are reached at ${named}: name one by its address (${known})`
      : `no runner is ${named}: ${known === "" ? "there is none" : `name one of ${known}`}`
  ]))
}

/** Prints how many shards it holds whenever that changes; ends when it holds none, and others hold all of them. */
const handedOver = (store: Store["Service"], address: string) => {
  let last = -1
  const look = Effect.gen(function*() {
    const holders = yield* store.holders(shardNames)
    const left = holders.filter((holder) => holder === address).length
    const homeless = holders.filter((holder) => holder === null).length
    if (left !== last) yield* Console.log(`${address} holds ${left} of ${shardNames.length} shards`)
    last = left
    return left + homeless === 0
  })
  return look.pipe(
    Effect.repeat({ until: (isDone) => isDone, schedule: Schedule.spaced(Limits.drainPollMillis) }),
    Effect.timeoutOrElse({
      duration: Limits.drainMillisMax,
      orElse: () => Effect.fail(cannotStart(
        `${address} still holds ${last} shards after ${Limits.drainMillisMax / 1000} s, or others have not taken theirs: ` +
          "it stays drained; look at its log and at kilonova cluster status, or take it back with --undo"
      ))
    })
  )
}

const drained = (named: string) =>
  Effect.gen(function*() {
    const store = yield* Store
    const members = yield* store.runners
    const { address } = yield* memberOf(members, named)
    if (!members.some((other) => other.address !== address && other.isHealthy)) {
      return yield* cannotStart(`${address} is the only runner that serves: start another before it is drained`)
    }
    yield* store.setHealth(address, false)
    yield* handedOver(store, address)
    return `${address} is drained: not ready for load balancers, without actors, and still answering. Stop it, or take it back with --undo`
  })

const undrained = (named: string) =>
  Effect.gen(function*() {
    const store = yield* Store
    const { address } = yield* memberOf(yield* store.runners, named)
    yield* store.setHealth(address, true)
    return `${address} takes shards again`
  })

export const drain = (settings: ClusterSettings, runner: string, isUndo: boolean): Effect.Effect<void, StartError> =>
  withStore(settings, Effect.flatMap(isUndo ? undrained(runner) : drained(runner), Console.log))
