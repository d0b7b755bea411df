/** Servers that should share hosts, or must not. Its members are the live servers made with it, not kept here. */
export type ServerGroup = {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly userId: string
  readonly policy: "affinity" | "anti-affinity" | "soft-affinity" | "soft-anti-affinity"
  /** Of `anti-affinity` only; 1 unless asked otherwise. */
  readonly maxServerPerHost: number
  /** `maxServerPerHost` was asked for, not assumed: only then do groups show it. */
  readonly isRuleGiven: boolean
  readonly createdAt: string
}

export const serverGroups = { type: "server_group", key: (group: ServerGroup) => group.id }
