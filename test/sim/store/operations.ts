import type { StoreModel } from "./StoreModel.ts"

type Tail<L extends ReadonlyArray<unknown>, Drop extends number> =
  Drop extends 1 ? (L extends readonly [...infer Head, unknown] ? Head : never) : L

/** Those that count leases: the store's own time comes last. */
type Timed = "head" | "register" | "runners" | "lock" | "refresh" | "holders"
type Name = Timed | "commit" | "condemn" | "beginTimeline" | "acquire" | "epochs" | "load" | "scan" | "read" | "unregister" | "setHealth" | "unlock"
type ArgumentsOf<N extends Name> = N extends Timed ? Tail<Parameters<StoreModel[N]>, 1> : Parameters<StoreModel[N]>

/** One call of the store, as data: what is sent, logged and replayed. */
export type Operation = { [N in Name]: { readonly name: N; readonly args: ArgumentsOf<N> } }[Name]
export type AnswerOf<N extends Name> = ReturnType<StoreModel[N]>

const timed: ReadonlySet<string> = new Set<Timed>(["head", "register", "runners", "lock", "refresh", "holders"])
const reading: ReadonlySet<string> = new Set<Name>(["head", "epochs", "load", "scan", "read", "holders"])

/** Does it leave the store as it was? (`runners` gives up members whose lease is over.) */
export const isReading = ({ name }: Operation): boolean => reading.has(name)

export const perform = (model: StoreModel, { args, name }: Operation, nowMillis: number): unknown => {
  const method = model[name] as (...list: ReadonlyArray<unknown>) => unknown
  return method.apply(model, timed.has(name) ? [...args, nowMillis] : [...args])
}
