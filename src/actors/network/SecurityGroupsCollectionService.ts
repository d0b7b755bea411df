import { Effect, Result } from "effect"
import type { Change } from "../../runtime/kernel/Records.ts"
import type { Caller } from "../shared/Caller.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { counted, lookUp, ownedBy, projectOf, reading, removing, replacing, seesOwned, tagging, touched, union, withinQuota } from "./CollectionService.ts"
import type { Kind, Store } from "./CollectionService.ts"
import { defaultGroupId, ensureDefaultGroup, newGroup } from "./DefaultGroupService.ts"
import type { SecurityGroupDraft, SecurityGroupPatch, SecurityGroupRuleDraft } from "./drafts.ts"
import { securityGroupRuleTable, securityGroupTable } from "./Network.ts"
import type { SecurityGroup, SecurityGroupRule } from "./Network.ts"
import type { NetworkApi, SecurityGroupView } from "./NetworkApiProtocol.ts"
import type { NetworkIndex } from "./NetworkIndex.ts"
import { ruleRefusal } from "./securityGroups.ts"

const groupKind = (index: NetworkIndex): Kind<SecurityGroup, SecurityGroupView> => ({
  noun: "security group",
  shelf: index.groups,
  table: securityGroupTable,
  sees: seesOwned,
  view: (group) => ({ ...group, rules: index.rules.in("group", group.id) }),
  narrow: (narrowing, caller) => {
    const projectId = projectOf(narrowing, caller)
    return projectId === undefined ? undefined : index.groups.in("project", projectId)
  }
})

const ruleKind = (index: NetworkIndex): Kind<SecurityGroupRule, SecurityGroupRule> => ({
  noun: "security group rule",
  shelf: index.rules,
  table: securityGroupRuleTable,
  // Who owns a group sees its rules, whoever wrote them.
  sees: (caller, rule) => {
    const group = index.groups.get(rule.securityGroupId)
    return seesOwned(caller, rule) || (group !== undefined && seesOwned(caller, group))
  },
  view: (rule) => rule,
  narrow: (narrowing, caller) => {
    if (narrowing.securityGroupId !== undefined) return index.rules.in("group", narrowing.securityGroupId)
    if (narrowing.projectId !== undefined) return index.rules.in("project", narrowing.projectId)
    if (caller.isAdmin) return undefined
    const own = caller.projectId ?? ""
    return union(
      index.rules.in("project", own),
      index.groups.in("project", own).flatMap((group) => index.rules.in("group", group.id))
    )
  }
})

const groupInUse = (id: string): Refusal => refuse("conflict", `Security Group ${id} in use.`, "SecurityGroupInUse")
const keepsDefault = (verb: "removing" | "updating"): Refusal =>
  verb === "removing"
    ? refuse("conflict", "Insufficient rights for removing default security group.", "SecurityGroupCannotRemoveDefault")
    : refuse("conflict", "Updating default security group not allowed.", "SecurityGroupCannotUpdateDefault")

const secondDefault = (name: string | undefined): Refusal | undefined =>
  name?.toLowerCase() === "default"
    ? refuse("conflict", "Default security group already exists.", "SecurityGroupDefaultAlreadyExists")
    : undefined

const isDefault = (group: SecurityGroup): boolean => group.id === defaultGroupId(group.projectId)

export const makeGroups = (store: Store): NetworkApi["Service"]["securityGroups"] => {
  const { index } = store
  const kind = groupKind(index)
  const { get, list } = reading(kind)
  /** The caller's own default group is there as soon as the caller looks. */
  const ensureOwn = (caller: Caller): Effect.Effect<unknown, Refusal> =>
    caller.projectId === null ? Effect.void : ensureDefaultGroup(store, caller.projectId)

  const create = Effect.fnUntraced(function*(caller: Caller, draft: SecurityGroupDraft) {
    const id = yield* store.newId
    const now = yield* store.now
    yield* ensureOwn(caller)
    return yield* store.change(() =>
      Result.gen(function*() {
        const owned = yield* ownedBy(caller, "create_security_group", draft, id, now)
        const refusal = secondDefault(draft.name) ??
          withinQuota(index, "security_group", owned.projectId, index.groups.count("project", owned.projectId))
        if (refusal !== undefined) return yield* Result.fail(refusal)
        const group: SecurityGroup = { ...owned, isStateful: draft.isStateful }
        const { changes, rules } = newGroup(group, false)
        const value: SecurityGroupView = { ...group, rules }
        return { changes: [...changes, ...counted(store, "security_group", owned.projectId)], value }
      })
    )
  })

  const update = Effect.fnUntraced(function*(caller: Caller, id: string, patch: SecurityGroupPatch) {
    const now = yield* store.now
    return yield* store.change(() =>
      Result.gen(function*() {
        const group = yield* lookUp(kind, caller, id, "update_security_group")
        const refusal = isDefault(group) && patch.name !== undefined ? keepsDefault("updating") : secondDefault(patch.name)
        if (refusal !== undefined) return yield* Result.fail(refusal)
        const next = touched(group, patch as Partial<SecurityGroup>, now)
        return { changes: [replacing(store, securityGroupTable, next)], value: kind.view(next) }
      })
    )
  })

  const remove = (caller: Caller, id: string) =>
    store.change(() =>
      Result.gen(function*() {
        const group = yield* lookUp(kind, caller, id, "delete_security_group")
        if (isDefault(group) && !caller.isAdmin) return yield* Result.fail(keepsDefault("removing"))
        const isNamedElsewhere = index.rules.in("remoteGroup", id).some((rule) => rule.securityGroupId !== id)
        if (index.ports.count("securityGroup", id) > 0 || isNamedElsewhere) return yield* Result.fail(groupInUse(id))
        return {
          changes: [
            removing(store, securityGroupTable, id),
            ...index.rules.in("group", id).map((rule) => removing(store, securityGroupRuleTable, rule.id))
          ],
          value: undefined
        }
      })
    )

  return {
    list: (caller, narrowing) => Effect.andThen(ensureOwn(caller), list(caller, narrowing)),
    get,
    create,
    update,
    remove,
    retag: tagging(store, kind, "update_security_group")
  }
}

export const makeRules = (store: Store): NetworkApi["Service"]["securityGroupRules"] => {
  const { index } = store
  const kind = ruleKind(index)
  const groups = groupKind(index)

  const create = Effect.fnUntraced(function*(caller: Caller, draft: SecurityGroupRuleDraft) {
    const id = yield* store.newId
    const now = yield* store.now
    return yield* store.change(() =>
      Result.gen(function*() {
        const group = yield* lookUp(groups, caller, draft.securityGroupId)
        const owned = yield* ownedBy(caller, "create_security_group_rule", draft, id, now)
        const refusal =
          withinQuota(index, "security_group_rule", owned.projectId, index.rules.count("project", owned.projectId)) ??
            ruleRefusal(
              draft,
              (other) => {
                const named = index.groups.get(other)
                return named !== undefined && seesOwned(caller, named)
              },
              index.rules.in("group", group.id)
            )
        if (refusal !== undefined) return yield* Result.fail(refusal)
        const { projectId: _, ...rest } = draft
        const rule: SecurityGroupRule = { ...owned, ...rest }
        // The group's next revision keeps it from being removed, or given the same rule, at the same time.
        const changes: ReadonlyArray<Change> = [
          { table: securityGroupRuleTable, put: rule, expect: "absent" },
          ...counted(store, "security_group_rule", owned.projectId),
          replacing(store, securityGroupTable, touched(group, {}, now))
        ]
        return { changes, value: rule }
      })
    )
  })

  const remove = (caller: Caller, id: string) =>
    store.change(() =>
      Result.map(lookUp(kind, caller, id, "delete_security_group_rule"), () => ({
        changes: [removing(store, securityGroupRuleTable, id)],
        value: undefined
      }))
    )

  const notImplemented = refuse("notFound", "The resource could not be found.", "HTTPNotFound")
  return {
    ...reading(kind),
    create,
    remove,
    update: () => Effect.fail(notImplemented),
    retag: () => Effect.fail(notImplemented)
  }
}
