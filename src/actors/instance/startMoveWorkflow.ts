import { Deferred, Effect, Result, Semaphore } from "effect"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import type { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import type { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import { hosts } from "../host/Host.ts"
import { flavors, maySee, snapshotOf } from "../catalog/Flavor.ts"
import type { Aliases } from "../placement/devices/aliases.ts"
import type { Caller } from "../shared/Caller.ts"
import { type Fence, promiseVoid } from "../shared/Promise.ts"
import { uuidFrom } from "../shared/ids.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { actionRefusal } from "./decide.ts"
import type { makeQuota } from "./createWorkflow.ts"
import type { FlavorSnapshot, Instance } from "./Instance.ts"
import type { MoveRequest } from "./InstanceCommand.ts"
import { nextNumber } from "./migrationNumbers.ts"
import { checkResize } from "./resizeRules.ts"
import type { ColdMove, LiveMigrate } from "./ServersProtocol.ts"

interface Needs {
  readonly records: Records["Service"]
  readonly index: InstanceIndex["Service"]
  readonly isUp: (hostname: string) => boolean
  readonly quotaOf: ReturnType<typeof makeQuota>
  readonly draw: () => number
  /** What flavors may call PCI devices. */
  readonly aliases: Aliases
}
type Perform = (move: MoveRequest, promises: ReadonlyArray<Fence>) => Effect.Effect<Instance, Refusal>

const unknownHost = (host: string) => refuse("badRequest", `Compute host ${host} could not be found.`, "ComputeHostNotFound")
export const serviceUnavailable = refuse("conflict", "Service is unavailable at this time.", "ServiceUnavailable")

/** `null`: nobody knows yet whether it can begin. */
const verdictOn = (instance: Instance | undefined, number: number): Result.Result<void, Refusal> | null => {
  const waiting = instance?.migration
  if (waiting?.number === number && (waiting.status === "accepted" || waiting.status === "preparing")) return null
  const ended = instance?.migrations?.find((one) => one.number === number)
  return ended?.status === "error"
    ? Result.fail(refuse("badRequest", instance?.fault?.message ?? "The live migration failed.", "MigrationPreCheckError"))
    : Result.succeed(undefined)
}

/** Nova's order: the server's state, then its host, then the host or flavor that was named. */
export const makeMoves = ({ aliases, draw, index, isUp, quotaOf, records }: Needs) => {
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

  const live = (instance: Instance, isAdmin: boolean, move: LiveMigrate, perform: Perform): Effect.Effect<Instance, Refusal> =>
    Effect.gen(function*() {
      const { copiesDisks, host, isChecked, isForced } = move
      const isRefused = actionRefusal(instance, "liveMigrate", isAdmin) !== undefined
      if (!isRefused && host !== null && !isForced && records.get(hosts, host) === undefined) return yield* unknownHost(host)
      const request = { id: uuidFrom(draw), number: isRefused ? 0 : yield* number, host, isForced, copiesDisks }
      const moving = yield* perform(request, [])
      if (isChecked) yield* checked(instance.id, request.number)
      return moving
    })

  /** What it is to have more than it has is held until the server says that it will. */
  const grown = (instance: Instance, request: MoveRequest, flavor: FlavorSnapshot, perform: Perform) => {
    const grow = { cores: Math.max(0, flavor.vcpus - instance.flavor.vcpus), ramMb: Math.max(0, flavor.ramMb - instance.flavor.ramMb) }
    if (grow.cores === 0 && grow.ramMb === 0) return perform(request, [])
    const quota = quotaOf({ ...grow, projectId: instance.projectId, userId: instance.userId, serverGroupId: null, moveId: request.id })
    const attempt = Effect.flatMap(quota.reserve([instance.id], 1), ({ promises }) =>
      Effect.tapError(perform(request, promises), () => quota.release([instance.id])))
    return Effect.retry(attempt, { times: Limits.writeRetriesMax, while: ({ code }) => code === promiseVoid })
  }

  const flavorOf = (id: string, { isAdmin, projectId }: Caller) => {
    const flavor = records.get(flavors, id)
    return flavor !== undefined && maySee(flavor, projectId, isAdmin) ? flavor : undefined
  }

  const cold = (instance: Instance, caller: Caller, move: ColdMove, perform: Perform): Effect.Effect<Instance, Refusal> =>
    Effect.gen(function*() {
      const { flavorId, host } = move
      const common = { id: uuidFrom(draw), host, isForced: false, copiesDisks: null }
      const type = flavorId === null ? "migration" as const : "resize" as const
      if (actionRefusal(instance, flavorId === null ? "migrate" : "resize", caller.isAdmin) !== undefined) return yield* perform({ ...common, number: 0, type }, [])
      if (!isUp(instance.host!)) return yield* serviceUnavailable
      if (host !== null && records.get(hosts, host) === undefined) return yield* unknownHost(host)
      if (host === instance.host) return yield* refuse("badRequest", "Cannot migrate to the host where the server exists.", "CannotMigrateToSameHost")
      if (flavorId === null) return yield* perform({ ...common, number: yield* number, type }, [])
      const flavor = snapshotOf(yield* Effect.fromResult(checkResize(instance, flavorId, flavorOf(flavorId, caller), aliases)))
      return yield* grown(instance, { ...common, number: yield* number, type, flavor }, flavor, perform)
    })

  return { cold, live }
}
