import type { Instance } from "../../instance/Instance.ts"
import type { RequestSpec } from "../RequestSpec.ts"

/** A server that leaves its host: where it was first asked to be does not bind it any more, its zone does. */
export const anywhereElse = (spec: RequestSpec, { host }: Pick<Instance, "host">): RequestSpec =>
  ({ ...spec, host: null, isForced: false, excludedHosts: host === null ? [] : [host] })
