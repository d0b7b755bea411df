/** Who may see and change what, after Neutron's default policies: readers read, members and admins write. */
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Network } from "./Network.ts"
import { disallowed } from "./refusals.ts"

interface Owned {
  readonly projectId: string
}

export const owns = (caller: Caller, thing: Owned): boolean => caller.isAdmin || caller.projectId === thing.projectId

export const seesNetwork = (caller: Caller, network: Network): boolean =>
  network.isShared || network.isExternal || owns(caller, network)

/** May `caller` do `operation` (`create_port`) on things of this project? */
export const mayWrite = (caller: Caller, operation: string, projectId: string | null): Refusal | undefined =>
  caller.isAdmin || (caller.roles.includes("member") && projectId !== null && caller.projectId === projectId)
    ? undefined
    : disallowed(operation)

/** Attributes only admins may set: the first one asked for names the refusal. */
export const adminOnly = (
  caller: Caller,
  operation: string,
  asked: Readonly<Record<string, boolean>>
): Refusal | undefined => {
  if (caller.isAdmin) return undefined
  const attribute = Object.keys(asked).find((name) => asked[name])
  return attribute === undefined ? undefined : disallowed(operation, `${operation}:${attribute}`)
}
