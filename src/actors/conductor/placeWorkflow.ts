import { Effect, Result } from "effect"
import type { Instance } from "../instance/Instance.ts"
import type { Outcome } from "../instance/InstanceCommand.ts"
import type { Networks } from "../network/NetworkProtocol.ts"
import { NoValidHost, type Selection } from "../scheduler/SchedulerProtocol.ts"
import type { Fence } from "../shared/Promise.ts"
import { isRefusal, type Refusal } from "../shared/Refusal.ts"

interface Needs<E1, E2> {
  readonly scheduler: { readonly Select: (payload: { readonly instance: Instance }) => Effect.Effect<Selection, Refusal | E1> }
  readonly networks: Networks["Service"]
  readonly tell: (instance: Instance, outcome: typeof Outcome.Type, promises?: ReadonlyArray<Fence>) => Effect.Effect<Instance, E2>
}

/** Nova's words for a build that tried several hosts in vain. */
const exhausted = (instance: Instance) =>
  `Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance ${instance.id}.`

/**
 * + pick a host         - nothing: the scheduler's hold ends by itself
 * + allocate the ports  - release them
 * + tell the server     (it goes on to its host)
 */
export const place = Effect.fnUntraced(function*<E1, E2>(needs: Needs<E1, E2>, instance: Instance) {
  const selection = yield* Effect.result(needs.scheduler.Select({ instance }))
  if (Result.isFailure(selection)) {
    const error = selection.failure
    // Nobody said no: it is tried again.
    if (!isRefusal(error) || error.kind === "unavailable") return yield* Effect.fail(error)
    const isRetry = (instance.work?.attempt ?? 1) > 1
    const message = isRetry ? `${exhausted(instance)} ${error.message}` : error.message
    const details = [instance.work?.lastFailure, error.code].filter((line) => line !== undefined).join("\n")
    yield* needs.tell(instance, {
      _tag: "Failed", message, details: details === "" ? null : details, code: 500, isRetryable: false,
      ...(error instanceof NoValidHost ? { placement: error.placement } : {})
    })
    return
  }
  const { allocations, availabilityZone, devices, host, numa, placement, promise } = selection.success
  const nics = yield* Effect.result(needs.networks.allocate({
    instanceId: instance.id,
    projectId: instance.projectId,
    networks: instance.networks,
    securityGroups: instance.securityGroups,
    hostname: instance.hostname,
    availabilityZone,
    host,
    ...(devices === undefined ? {} : { devices })
  }))
  if (Result.isFailure(nics)) {
    if (nics.failure.kind === "unavailable") return yield* Effect.fail(nics.failure)
    const message = `Failed to allocate the network(s): ${nics.failure.message}`
    yield* needs.tell(instance, { _tag: "Failed", message, details: null, code: 500, isRetryable: false })
    return
  }
  const after = yield* needs.tell(instance, {
    _tag: "Placed", host, availabilityZone, nics: nics.success, ...(numa == null ? {} : { numa }),
    ...(devices === undefined ? {} : { devices }),
    ...(allocations === undefined ? {} : { allocations }),
    ...(placement === undefined ? {} : { placement })
  }, [promise])
  // The server was deleted or given up meanwhile, and its own release may have come before these ports were made.
  const isGivenUp = after.vmState === "error" && after.host === null
  if (isGivenUp || after.vmState === "deleted" || after.work?.action === "delete") yield* needs.networks.release(instance.id)
})
