/** Runners, their leases, and the shards they hold. */
import { Effect } from "effect"
import { StoreUnavailable } from "../kernel/Store.ts"
import type { Store } from "../kernel/Store.ts"
import type { RunDurably } from "./durably.ts"
import type { RedisFailure } from "./failure.ts"
import type { Keys } from "./keys.ts"
import { list, number, runner, texts } from "./replies.ts"
import { runScript } from "./runScript.ts"
import type { Send } from "./runScript.ts"
import * as locks from "./scripts/locks.ts"
import * as runners from "./scripts/runners.ts"
import type { Script } from "./scripts/script.ts"

type Membership = Pick<
  Store["Service"],
  "register" | "unregister" | "runners" | "setHealth" | "lock" | "refresh" | "unlock" | "holders"
>

export const named = (operation: string) => Effect.mapError((cause: RedisFailure) => new StoreUnavailable({ operation, cause }))

/** What makes an epoch grow is written durably; what a lost write leaves behind is a lease that ends, or a lock too many. */
export const membership = (send: Send, durably: RunDurably, names: Keys): Membership => {
  const keys = [names.epochs, names.members, names.leases, names.owners, names.held]
  const run = (script: Script, argv: ReadonlyArray<string>) => runScript(send, script, keys, argv)
  const flag = (value: boolean) => value ? "1" : "0"
  return {
    register: ({ about, address, isHealthy, leaseMillis }) =>
      durably(runners.register, keys, [address, about, flag(isHealthy), String(leaseMillis)]).pipe(
        Effect.map((reply) => {
          const [machineId, epoch] = list(reply)
          return { machineId: number(machineId), epoch: number(epoch) }
        }),
        named("register")
      ),
    unregister: (address) => durably(runners.unregister, keys, [address]).pipe(Effect.asVoid, named("unregister")),
    runners: durably(runners.runners, keys, []).pipe(
      Effect.map((reply) => list(reply).map(runner).toSorted((a, b) => a.address < b.address ? -1 : 1)),
      named("runners")
    ),
    setHealth: (address, isHealthy) => run(runners.setHealth, [address, flag(isHealthy)]).pipe(Effect.asVoid, named("setHealth")),
    lock: (address, epoch, shards) =>
      durably(locks.lock, keys, [address, String(epoch), ...shards]).pipe(
        Effect.map((reply) =>
          list(reply).map((taken) => {
            const [place, grown] = list(taken)
            return { shard: shards[number(place)]!, epoch: number(grown) }
          })
        ),
        named("lock")
      ),
    refresh: (address, epoch, leaseMillis) =>
      run(locks.refresh, [address, String(epoch), String(leaseMillis)]).pipe(
        Effect.map((reply) => reply === null ? null : texts(reply)),
        named("refresh")
      ),
    unlock: (address, shards) =>
      run(locks.unlock, [address, flag(shards === null), ...shards ?? []]).pipe(Effect.asVoid, named("unlock")),
    holders: (shards) =>
      run(locks.holders, shards).pipe(
        Effect.map((reply) => texts(reply).map((address) => address === "" ? null : address)),
        named("holders")
      )
  }
}
