import { Effect, Layer, Result } from "effect"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { keypairs } from "../catalog/Keypair.ts"
import { serverGroups } from "../catalog/ServerGroup.ts"
import { defaultClassKey, limitsInForce, quotaKey, quotas } from "./quota.ts"
import { checkLimits, type QuotaUse } from "./quotaChange.ts"
import { type QuotaOwner, Quotas } from "./QuotasProtocol.ts"

const defaultClass = "default"

const keyOf = (owner: QuotaOwner): { readonly projectId: string; readonly userId: string | null } =>
  "className" in owner
    ? { projectId: defaultClassKey, userId: owner.className === defaultClass ? null : owner.className }
    : owner

export const layer = Layer.effect(Quotas, Effect.gen(function*() {
  const records = yield* Records
  const index = yield* InstanceIndex
  const record = (projectId: string, userId: string | null) => records.get(quotas, quotaKey(projectId, userId))

  const limits = (owner: QuotaOwner) => {
    const byClass = record(defaultClassKey, null)
    if ("className" in owner) return limitsInForce(byClass, owner.className === defaultClass ? undefined : record(defaultClassKey, owner.className))
    return limitsInForce(byClass, record(owner.projectId, null), owner.userId === null ? undefined : record(owner.projectId, owner.userId))
  }

  const used = (projectId: string, userId: string | null): QuotaUse => {
    const servers = userId === null ? index.usageOfProject(projectId) : index.usageOfUser(projectId, userId)
    const mine = (row: { readonly projectId?: string; readonly userId: string }) =>
      (row.projectId === undefined || row.projectId === projectId) && (userId === null || row.userId === userId)
    return {
      instances: servers.instances,
      cores: servers.cores,
      ram: servers.ramMb,
      // Counted per user: a project has none of its own.
      key_pairs: userId === null ? 0 : [...records.all(keypairs)].filter(mine).length,
      server_groups: [...records.all(serverGroups)].filter(mine).length,
      server_group_members: 0,
      metadata_items: 0,
      injected_files: 0,
      injected_file_content_bytes: 0,
      injected_file_path_bytes: 0
    }
  }

  return Quotas.of({
    limits,
    used,
    set: (owner, asked, isForced) =>
      Effect.as(
        decideAndWrite(records, () => {
          const { projectId, userId } = keyOf(owner)
          const isUser = !("className" in owner) && owner.userId !== null
          const checked = isForced || "className" in owner
            ? Result.succeed(undefined)
            : checkLimits(asked, used(projectId, userId), isUser ? limits({ projectId, userId: null }) : null)
          return Result.map(checked, () => {
            const known = record(projectId, userId)
            const put = { projectId, userId, limits: { ...known?.limits, ...asked } as { readonly [name: string]: number } }
            return {
              changes: [{ table: quotas, put, expect: known === undefined ? "absent" as const : records.version(quotas, quotas.key(put)) }],
              answer: undefined
            }
          })
        }),
        undefined
      ).pipe(Effect.map(() => limits(owner))),
    clear: (projectId, userId) =>
      decideAndWrite(records, () => {
        const key = quotaKey(projectId, userId)
        const changes = records.get(quotas, key) === undefined ? [] : [{ table: quotas, remove: key, expect: "any" as const }]
        return Result.succeed({ changes, answer: undefined })
      })
  })
}))
