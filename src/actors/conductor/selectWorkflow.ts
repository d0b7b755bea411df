import { Effect, Result } from "effect"
import type { Instance } from "../instance/Instance.ts"
import type { Outcome } from "../instance/InstanceCommand.ts"
import type { Migration } from "../instance/Migration.ts"
import { takenByServer } from "../placement/demand/Taken.ts"
import { NoValidHost, type Selection } from "../scheduler/SchedulerProtocol.ts"
import type { Fence } from "../shared/Promise.ts"
import { isRefusal, type Refusal } from "../shared/Refusal.ts"

interface Needs<E1, E2> {
  readonly scheduler: { readonly Select: (payload: { readonly instance: Instance }) => Effect.Effect<Selection, Refusal | E1> }
  readonly isUp: (hostname: string) => boolean
  readonly tell: (instance: Instance, outcome: Outcome, promises?: ReadonlyArray<Fence>) => Effect.Effect<Instance, E2>
}

const unavailable = (host: string) => `Compute service of ${host} is unavailable at this time.`

/** What is wrong before the scheduler is asked, in Nova's words; `null`: nothing. */
const problemOf = (instance: Instance, { source, wish }: Migration, isUp: (hostname: string) => boolean): string | null => {
  const { devices, id, work } = instance
  const isRunning = work?.action === "liveMigrate"
  if (isRunning && takenByServer(instance).others.has("VGPU")) return "Migration pre-check error: virtual graphics cards do not move with a server that runs."
  if (isRunning && (devices ?? []).length > 0) return "Migration pre-check error: PCI devices do not move with a server that runs."
  if (wish.host === source.host) return `Unable to migrate instance (${id}) to current host (${source.host}).`
  if (!isUp(source.host)) return unavailable(source.host)
  return wish.host !== null && !isUp(wish.host) ? unavailable(wish.host) : null
}

/** It asks as for a new server, of the flavor that it is to have: where it was first asked to be does not bind it any more, its zone and group do. */
const asking = (instance: Instance, { wish }: Migration): Instance => {
  const { gangSize: _, ...first } = instance.wish
  return { ...instance, flavor: wish.flavor ?? instance.flavor, wish: { ...first, host: wish.host, isForced: wish.host !== null && wish.isForced } }
}

/**
 * + pick a host         - nothing: the scheduler's hold ends by itself
 * + tell the server     (it goes on at the host that it is to come to)
 */
export const select = Effect.fnUntraced(function*<E1, E2>(needs: Needs<E1, E2>, instance: Instance) {
  const { migration } = instance
  if (migration == null) return
  const fail = (message: string, more: Partial<Extract<Outcome, { _tag: "Failed" }>> = {}) =>
    needs.tell(instance, { _tag: "Failed", message, details: null, code: 400, isRetryable: false, ...more })
  const problem = problemOf(instance, migration, needs.isUp)
  if (problem !== null) return yield* fail(problem)
  const selection = yield* Effect.result(needs.scheduler.Select({ instance: asking(instance, migration) }))
  if (Result.isFailure(selection)) {
    const error = selection.failure
    // Nobody said no: it is tried again.
    if (!isRefusal(error) || error.kind === "unavailable") return yield* Effect.fail(error)
    const details = [instance.work?.lastFailure, error.code].filter((line) => line !== undefined).join("\n")
    return yield* fail(error.message, {
      details: details === "" ? null : details, ...(error instanceof NoValidHost ? { placement: error.placement } : {})
    })
  }
  const { allocations, availabilityZone, devices, host, numa, placement, promise } = selection.success
  return yield* needs.tell(instance, {
    _tag: "Placed", host, availabilityZone, nics: [], ...(numa == null ? {} : { numa }), ...(devices === undefined ? {} : { devices }),
    ...(allocations === undefined ? {} : { allocations }), ...(placement === undefined ? {} : { placement })
  }, [promise])
})
