/**
 * What the journal and its worker say to each other. A batch is one flat list of strings and numbers: structured
 * cloning of nested objects would cost more than the writes themselves.
 */
export type Value = string | number | null

/** The marks that begin an operation in the list. */
export const acquireMark = 0
export const commitMark = 1

/**
 * `[acquireMark, shard]` or
 * `[commitMark, m, …m times (shard, epoch), requestId, reply, n, …n times (type, id, expected, pending, state, events)]`.
 */
export interface Batch {
  /** Milliseconds since 1970: the age of requests is counted from it. */
  readonly at: number
  readonly values: ReadonlyArray<Value>
}

/** A number is success: the new epoch, or the feed position of the commit's last append. */
export type Answer =
  | number
  | { readonly duplicate: number; readonly reply: string }
  | { readonly fence: number; readonly newest: number }
  | { readonly append: number; readonly actual: number }

export type OpenReason = "locked" | "unwritable" | "full" | "damaged" | "newer" | "foreign"

export type Reply =
  | { readonly _tag: "Opened" }
  | { readonly _tag: "Refused"; readonly reason: OpenReason; readonly detail: string }
  | { readonly _tag: "Answers"; readonly answers: ReadonlyArray<Answer> }
  /** Nothing of the batch is in the file as the worker sees it; `isLast`: the worker trusts the file no longer. */
  | { readonly _tag: "Failed"; readonly detail: string; readonly isLast: boolean }

export interface WorkerData {
  readonly path: string
  readonly bytesMax: number | null
}
