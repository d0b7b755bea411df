import type { ServerGroup } from "../../../../actors/catalog/ServerGroup.ts"
import { field, renderer } from "../Fields.ts"

export interface ShownGroup {
  readonly group: ServerGroup
  /** The live servers made with it. */
  readonly members: ReadonlyArray<string>
}

export const fields = [
  field<ShownGroup>("id", ({ group }) => group.id),
  field<ShownGroup>("name", ({ group }) => group.name),
  field<ShownGroup>("policies", ({ group }) => [group.policy], { until: 63 }),
  field<ShownGroup>("metadata", () => ({}), { until: 63 }),
  field<ShownGroup>("policy", ({ group }) => group.policy, { since: 64 }),
  field<ShownGroup>("rules", ({ group }) => group.isRuleGiven ? { max_server_per_host: group.maxServerPerHost } : {}, { since: 64 }),
  field<ShownGroup>("members", ({ members }) => members),
  field<ShownGroup>("project_id", ({ group }) => group.projectId, { since: 13 }),
  field<ShownGroup>("user_id", ({ group }) => group.userId, { since: 13 })
]
export const render = renderer(fields)
