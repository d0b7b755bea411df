import { Deferred, Effect, Result, Semaphore } from "effect"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import type { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import type { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import { hosts } from "../host/Host.ts"
import { uuidFrom } from "../shared/ids.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { actionRefusal } from "./decide.ts"
import type { Instance } from "./Instance.ts"
import type { MoveRequest } from "./InstanceCommand.ts"
import { nextNumber } from "./migrationNumbers.ts"
import type { LiveMigrate } from "./ServersProtocol.ts"

interface Needs {
  readonly records: Records["Service"]
  readonly index: InstanceIndex["Service"]
  readonly draw: () => number
}

/** `null`: nobody knows yet whether it can begin. */
const verdictOn = (instance: Instance | undefined, number: number): Result.Result<void, Refusal> | null => {
  const waiting = instance?.migration
  if (waiting?.number === number && (waiting.status === "accepted" || waiting.status === "preparing")) return null
  const ended = instance?.migrations?.find((one) => one.number === number)
  return ended?.status === "error"
    ? Result.fail(refuse("badRequest", instance?.fault?.message ?? "The live migration failed.", "MigrationPreCheckError"))
    : Result.succeed(undefined)
}

/** Nova's order: the server's state, then the host that was named. */
export const makeLiveMigrate = ({ draw, index, records }: Needs) => {
  // They would only race for the same record.
  const turns = Semaphore.makeUnsafe(1)
  const number = Semaphore.withPermit(turns, decideAndWrite(records, () => nextNumber(records)))

  const checked = (id: string, wanted: number) =>
    Effect.scoped(Effect.gen(function*() {
      const known = yield* Deferred.make<void, Refusal>()
      const look = (instance: Instance | undefined) => {
        const verdict = verdictOn(instance, wanted)
        if (verdict !== null) Deferred.doneUnsafe(known, Effect.fromResult(verdict))
      }
      yield* index.watchServers((before, after) => (after ?? before)?.id === id ? look(after) : undefined)
      look(index.get(id))
      yield* Effect.timeoutOrElse(Deferred.await(known), { duration: Limits.askMillisMax, orElse: () => Effect.void })
    }))

  return (
    instance: Instance, isAdmin: boolean, move: LiveMigrate,
    perform: (request: MoveRequest) => Effect.Effect<Instance, Refusal>
  ): Effect.Effect<Instance, Refusal> =>
    Effect.gen(function*() {
      const { copiesDisks, host, isChecked, isForced } = move
      const isRefused = actionRefusal(instance, "liveMigrate", isAdmin) !== undefined
      if (!isRefused && host !== null && !isForced && records.get(hosts, host) === undefined) {
        return yield* Effect.fail(refuse("badRequest", `Compute host ${host} could not be found.`, "ComputeHostNotFound"))
      }
      const request = { id: uuidFrom(draw), number: isRefused ? 0 : yield* number, host, isForced, copiesDisks }
      const moving = yield* perform(request)
      if (isChecked) yield* checked(instance.id, request.number)
      return moving
    })
}
