import { Limits } from "../../runtime/Limits.ts"

/** A fixed number of conductors share the servers: a workflow's state is the server's own, so none is needed per server. */
export const conductorOf = (instanceId: string): string =>
  `conductor-${Number.parseInt(instanceId.slice(0, 4), 16) % Limits.conductors}`
