import { Effect, Result } from "effect"
import type { Instance } from "../instance/Instance.ts"
import type { Outcome } from "../instance/InstanceCommand.ts"
import type { Networks } from "../network/NetworkProtocol.ts"

/** + give the ports back; nothing to undo: repeated, it finds them gone. */
export const release = Effect.fnUntraced(function*<E>(
  needs: {
    readonly networks: Networks["Service"]
    readonly tell: (instance: Instance, outcome: typeof Outcome.Type) => Effect.Effect<Instance, E>
  },
  instance: Instance
) {
  const released = yield* Effect.result(needs.networks.release(instance.id))
  // Nobody said no: it is tried again.
  if (Result.isFailure(released) && released.failure.kind === "unavailable") return yield* Effect.fail(released.failure)
  yield* needs.tell(
    instance,
    Result.isSuccess(released)
      ? { _tag: "Done" }
      : { _tag: "Failed", message: released.failure.message, details: null, code: 500, isRetryable: false }
  )
})
