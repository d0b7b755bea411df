import { Effect, Result } from "effect"
import type { Change } from "../../runtime/kernel/Records.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Store } from "./CollectionService.ts"
import { namedId } from "./ids.ts"
import { securityGroupRuleTable, securityGroupTable } from "./Network.ts"
import type { SecurityGroup, SecurityGroupRule } from "./Network.ts"
import { firstRules } from "./securityGroups.ts"

export const defaultGroupId = (projectId: string): string => namedId(`security group default of ${projectId}`)

/** The rules a new group starts with, and what makes it and them. */
export const newGroup = (
  { isStateful, ...owned }: SecurityGroup,
  isDefault: boolean
): { readonly rules: ReadonlyArray<SecurityGroupRule>; readonly changes: ReadonlyArray<Change> } => {
  const group: SecurityGroup = { ...owned, isStateful }
  const rules = firstRules(group.id, isDefault).map((rule, at): SecurityGroupRule => ({
    ...owned,
    ...rule,
    id: namedId(`rule ${at} of security group ${group.id}`),
    name: "",
    description: "",
    tags: [],
    securityGroupId: group.id,
    protocol: null,
    portRangeMin: null,
    portRangeMax: null,
    remoteIpPrefix: null
  }))
  return {
    rules,
    changes: [
      { table: securityGroupTable, put: group, expect: "absent" },
      ...rules.map((rule) => ({ table: securityGroupRuleTable, put: rule, expect: "absent" as const }))
    ]
  }
}

/** Makes a project's default group the first time it is needed; its id is the same whoever makes it. */
export const ensureDefaultGroup = (store: Store, projectId: string): Effect.Effect<string, Refusal> =>
  Effect.suspend(() => {
    const id = defaultGroupId(projectId)
    if (store.index.groups.get(id) !== undefined) return Effect.succeed(id)
    return Effect.flatMap(store.now, (now) =>
      store.change(() => {
        const group: SecurityGroup = {
          id,
          projectId,
          name: "default",
          description: "Default security group",
          tags: [],
          isStateful: true,
          createdAt: now,
          updatedAt: now,
          revision: 1
        }
        return Result.succeed({
          changes: store.index.groups.get(id) === undefined ? newGroup(group, true).changes : [],
          value: id
        })
      }))
  })
