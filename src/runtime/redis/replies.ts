/** What scripts and commands answer, as this store's shapes. A reply of another shape is a defect. */
import type { StoreAnswer, StoreEntry, StoreRunner } from "../kernel/Store.ts"
import { decodeRecord } from "./record.ts"

const unexpected = (wanted: string, reply: unknown) => new Error(`Redis answered ${typeof reply} where ${wanted} was expected`)

export const text = (reply: unknown): string => {
  if (typeof reply !== "string") throw unexpected("a text", reply)
  return reply
}

export const number = (reply: unknown): number => {
  const value = typeof reply === "string" ? Number(reply) : reply
  if (typeof value !== "number" || Number.isNaN(value)) throw unexpected("a number", reply)
  return value
}

export const list = (reply: unknown): ReadonlyArray<unknown> => {
  if (!Array.isArray(reply)) throw unexpected("a list", reply)
  return reply
}

export const texts = (reply: unknown): ReadonlyArray<string> => list(reply).map(text)

const answer = (reply: unknown): StoreAnswer => {
  const [tag, first, second] = list(reply)
  switch (tag) {
    case 0: return { _tag: "Applied", position: number(first) }
    case 1: return { _tag: "Duplicate", position: number(first), reply: text(second) }
    case 2: return { _tag: "Fenced", fence: number(first), newest: number(second) }
    case 3: return { _tag: "Conflict", append: number(first), actual: number(second) }
    default: throw unexpected("an answer", reply)
  }
}

/** Where the store stands when it is not the one the writer knows; else the answers. */
export const batchReply = (reply: unknown): { readonly rolledBackTo: number } | { readonly answers: ReadonlyArray<StoreAnswer> } => {
  const items = list(reply)
  return items[0] === -1 ? { rolledBackTo: number(items[1]) } : { answers: items.map(answer) }
}

/** `[<position>-0, [t, type, i, id, s, record, e, events, w, writer]]` */
const entry = (reply: unknown): StoreEntry => {
  const [position, fields] = list(reply)
  const [, type, , id, , record, , events, , writer] = texts(fields)
  if (writer === undefined) throw unexpected("an entry of the feed", reply)
  return {
    position: Number.parseInt(text(position), 10),
    type: type!,
    id: id!,
    ...decodeRecord(record!),
    events: events!,
    writer
  }
}

export const entries = (reply: unknown): ReadonlyArray<StoreEntry> => list(reply).map(entry)

/** XREAD of one stream: nothing, or the stream's name and its entries. */
export const followed = (reply: unknown): ReadonlyArray<StoreEntry> =>
  reply === null ? [] : entries(list(list(reply)[0])[1])

export const runner = (reply: unknown): StoreRunner => {
  const [address, about, isHealthy, machineId, epoch, lease] = list(reply)
  return {
    address: text(address),
    about: text(about),
    isHealthy: isHealthy === 1,
    machineId: number(machineId),
    epoch: number(epoch),
    leaseUntilMillis: number(lease)
  }
}

/** Fields and values in turn, of HSCAN. */
export const pairs = (reply: unknown): ReadonlyArray<readonly [field: string, value: string]> => {
  const flat = texts(reply)
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!])
}
