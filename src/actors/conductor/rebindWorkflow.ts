import { Effect, Result } from "effect"
import type { Instance } from "../instance/Instance.ts"
import type { Outcome } from "../instance/InstanceCommand.ts"
import type { Networks } from "../network/NetworkProtocol.ts"

/** + bind the ports to the host that the server came to; nothing to undo: repeated, it finds them bound. */
export const rebind = Effect.fnUntraced(function*<E>(
  needs: {
    readonly networks: Networks["Service"]
    readonly tell: (instance: Instance, outcome: Outcome) => Effect.Effect<Instance, E>
  },
  instance: Instance
) {
  const { availabilityZone, devices, host, id } = instance
  const to = { host: host!, availabilityZone: availabilityZone ?? "", devices: devices ?? [] }
  const bound = yield* Effect.result(needs.networks.rebind(id, to))
  // Nobody said no: it is tried again.
  if (Result.isFailure(bound) && bound.failure.kind === "unavailable") return yield* Effect.fail(bound.failure)
  yield* needs.tell(
    instance,
    Result.isSuccess(bound)
      ? { _tag: "Done" }
      : { _tag: "Failed", message: bound.failure.message, details: null, code: 500, isRetryable: false }
  )
})
