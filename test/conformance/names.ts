/** What the reference drew by itself, and what stands for it here: ids of servers, requests, groups and the like. */

const idForm = /(?:req-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
export const isId = (value: unknown): value is string =>
  typeof value === "string" && new RegExp(`^${idForm.source}$`).test(value)

/** A thing in a list is the same thing where one of these is equal. */
const naming = ["name", "host", "hypervisor_hostname", "binary", "action", "event", "alias", "zoneName"]

type Json = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

export class Names {
  readonly #ours = new Map<string, string>()

  /** Ours for theirs, wherever it stands in a text. */
  readonly translate = (text: string): string => text.replaceAll(idForm, (id) => this.#ours.get(id) ?? id)

  knows(theirs: string): boolean {
    return this.#ours.has(theirs)
  }

  learn(theirs: string, ours: string): void {
    this.#ours.set(theirs, ours)
  }

  /** Every place where both answers have an id says which stands for which. */
  readonly compare = (theirs: unknown, ours: unknown): void => {
    if (isId(theirs) && isId(ours)) {
      if (!this.#ours.has(theirs)) this.learn(theirs, ours)
    } else if (Array.isArray(theirs) && Array.isArray(ours)) {
      for (const [one, other] of this.pairs(theirs, ours)) this.compare(one, other)
    } else if (isObject(theirs) && isObject(ours)) {
      for (const [key, value] of Object.entries(theirs)) this.compare(value, ours[key])
    }
  }

  /** The elements of two lists that are about the same thing. */
  pairs(theirs: ReadonlyArray<unknown>, ours: ReadonlyArray<unknown>): ReadonlyArray<readonly [unknown, unknown]> {
    return theirs.flatMap((one, at) => {
      const other = isObject(one) ? this.#counterpart(one, ours.filter(isObject), at) : ours[at]
      return other === undefined ? [] : [[one, other] as const]
    })
  }

  #counterpart(one: Json, ours: ReadonlyArray<Json>, at: number): Json | undefined {
    const id = isId(one["id"]) ? this.#ours.get(one["id"]) : one["id"]
    const byId = id === undefined ? undefined : ours.find((other) => other["id"] === id)
    if (byId !== undefined) return byId
    const keys = naming.filter((key) => typeof one[key] === "string")
    const alike = keys.length === 0 ? [] : ours.filter((other) => keys.every((key) => other[key] === one[key]))
    return alike[0] ?? ours[at] ?? ours[0]
  }
}
