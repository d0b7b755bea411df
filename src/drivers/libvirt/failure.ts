/** libvirt's failures as the driver's. */
import { Effect } from "effect"
import { DriverError } from "../Driver.ts"
import type { ErrorCodeName, LibvirtFailure } from "./node-libvirt/index.ts"

/** The same call would fail the same way, here and on any host like it. */
const permanent: ReadonlyArray<ErrorCodeName> = [
  "noSupport", "invalidArgument", "xml", "xmlDetail", "xmlInvalidSchema", "domainExists", "accessDenied", "noDomain",
  "configUnsupported", "argumentUnsupported", "operationUnsupported", "operationInvalid"
]

const isRetryable = (failure: LibvirtFailure): boolean => {
  switch (failure._tag) {
    case "LibvirtError": return !failure.is(...permanent)
    case "LibvirtProtocolError": return false
    case "LibvirtConnectionError":
    case "LibvirtTimeoutError":
    case "LibvirtBusyError": return true
  }
}

/** Names what the driver was doing, and says whether trying again makes sense. */
export const asDriverError = (operation: string) => <A, R>(
  effect: Effect.Effect<A, LibvirtFailure | DriverError, R>
): Effect.Effect<A, DriverError, R> =>
  Effect.mapError(effect, (failure) =>
    failure._tag === "DriverError"
      ? failure
      : new DriverError({ operation, message: failure.message, isRetryable: isRetryable(failure), cause: failure }))

/** Passes over refusals that mean: it is so already. */
export const unless = (...names: ReadonlyArray<ErrorCodeName>) => <A, R>(
  effect: Effect.Effect<A, LibvirtFailure, R>
): Effect.Effect<void, LibvirtFailure, R> =>
  Effect.catchTag(Effect.asVoid(effect), "LibvirtError", (error) => error.is(...names) ? Effect.void : Effect.fail(error))
