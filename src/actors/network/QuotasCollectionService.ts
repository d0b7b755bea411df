import { Effect, Result } from "effect"
import type { Caller } from "../shared/Caller.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Store } from "./CollectionService.ts"
import { networkQuotaTable } from "./Network.ts"
import type { NetworkApi } from "./NetworkApiProtocol.ts"

const adminRequired = refuse(
  "forbidden",
  "User does not have admin privileges: Only admin can view or configure quota.",
  "AdminRequired"
)

export const make = (store: Store): NetworkApi["Service"]["quotas"] => {
  const { index } = store
  const counts: Readonly<Record<string, (projectId: string) => number>> = {
    network: (projectId) => index.networks.count("project", projectId),
    subnet: (projectId) => index.subnets.count("project", projectId),
    port: (projectId) => index.ports.count("project", projectId),
    security_group: (projectId) => index.groups.count("project", projectId),
    security_group_rule: (projectId) => index.rules.count("project", projectId),
    router: () => 0,
    floatingip: () => 0,
    subnetpool: () => 0,
    rbac_policy: () => 0
  }

  const show = (caller: Caller, projectId: string): Effect.Effect<Readonly<Record<string, { readonly limit: number; readonly used: number }>>, Refusal> =>
    caller.isAdmin || caller.projectId === projectId
      ? Effect.sync(() =>
        Object.fromEntries(Object.entries(counts).map(([resource, count]) =>
          [resource, { limit: index.limit(projectId, resource), used: count(projectId) }]
        ))
      )
      : Effect.fail(adminRequired)

  const set = (caller: Caller, projectId: string, limits: Readonly<Record<string, number>> | null) => {
    if (!caller.isAdmin) return Effect.fail(adminRequired)
    const unknown = Object.keys(limits ?? {}).filter((resource) => counts[resource] === undefined)
    if (unknown.length > 0) {
      return Effect.fail(refuse("badRequest", `Unrecognized attribute(s) '${unknown.join(", ")}'`, "HTTPBadRequest"))
    }
    return store.change(() => {
      const before = index.quotas.get(projectId)
      if (limits === null && before === undefined) return Result.succeed({ changes: [], value: undefined })
      const expect = store.version(networkQuotaTable, projectId)
      return Result.succeed({
        changes: [
          limits === null
            ? { table: networkQuotaTable, remove: projectId, expect }
            : { table: networkQuotaTable, put: { projectId, limits: { ...before?.limits, ...limits } }, expect: expect === 0 ? "absent" : expect }
        ],
        value: undefined
      })
    })
  }

  const projects = (caller: Caller) =>
    caller.isAdmin
      ? Effect.sync(() => Array.from(index.quotas.all(), (quota) => quota.projectId))
      : Effect.fail(adminRequired)

  return { show, set, projects }
}
