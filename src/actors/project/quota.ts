import { Result } from "effect"
import type { Refusal } from "../shared/Refusal.ts"
import { refuse } from "../shared/Refusal.ts"

/** What a project may have; `-1` is without limit. RAM in MiB. */
export type QuotaLimits = {
  readonly instances: number
  readonly cores: number
  readonly ram: number
  readonly key_pairs: number
  readonly server_groups: number
  readonly server_group_members: number
  readonly metadata_items: number
  readonly injected_files: number
  readonly injected_file_content_bytes: number
  readonly injected_file_path_bytes: number
}
export type QuotaName = keyof QuotaLimits

/** Nova's defaults. */
export const defaultQuota: QuotaLimits = {
  instances: 10,
  cores: 20,
  ram: 51_200,
  key_pairs: 100,
  server_groups: 10,
  server_group_members: 10,
  metadata_items: 128,
  injected_files: 5,
  injected_file_content_bytes: 10_240,
  injected_file_path_bytes: 255
}

/** What an administrator set for a project, for a user in it (`userId` given), or for the class `default` (`projectId` "class"). */
export type QuotaRecord = {
  readonly projectId: string
  readonly userId: string | null
  readonly limits: { readonly [name: string]: number }
}
export const quotas = {
  type: "quota",
  key: (record: QuotaRecord) => quotaKey(record.projectId, record.userId)
}
export const quotaKey = (projectId: string, userId: string | null): string => userId === null ? projectId : `${projectId}:${userId}`
export const defaultClassKey = "class"

/** The limits in force: the defaults, changed by the default class, by the project's record, by the user's. */
export const limitsInForce = (...records: ReadonlyArray<QuotaRecord | undefined>): QuotaLimits =>
  Object.assign({}, defaultQuota, ...records.map((record) => record?.limits))

export interface Counted {
  readonly instances: number
  readonly cores: number
  readonly ramMb: number
}

const words = { instances: "instances", cores: "cores", ramMb: "ram" } as const
const kinds = ["cores", "instances", "ramMb"] as const

const allows = (limits: QuotaLimits, used: Counted, each: Counted, count: number) =>
  kinds.filter((kind) => {
    const limit = limits[words[kind]]
    return limit >= 0 && used[kind] + each[kind] * count > limit
  })

/**
 * How many of `min`…`max` equal servers the quota lets in; a refusal in Nova's words when not even `min` fit.
 * `each` is one server's share, with `instances: 1`.
 */
export const grant = (
  limits: QuotaLimits, used: Counted, each: Counted, min: number, max: number
): Result.Result<number, Refusal> => {
  for (let count = max; count >= min; count--) if (allows(limits, used, each, count).length === 0) return Result.succeed(count)
  const over = allows(limits, used, each, min)
  const listed = (value: (kind: (typeof kinds)[number]) => string | number) => over.map(value).join(", ")
  return Result.fail(refuse(
    "forbidden",
    `Quota exceeded for ${listed((kind) => words[kind])}: Requested ${listed((kind) => each[kind] * min)}, but already used ` +
      `${listed((kind) => used[kind])} of ${listed((kind) => limits[words[kind]])} ${listed((kind) => words[kind])}`,
    "TooManyInstances"
  ))
}
