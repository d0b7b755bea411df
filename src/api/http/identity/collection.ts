/** Lists: filters, pages and links, the same for every kind. */
import { Effect } from "effect"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import type { Answer, Exchange } from "../Exchange.ts"
import { ok } from "./asking.ts"

export type View = { readonly [name: string]: unknown }
type Test = (value: unknown) => boolean

const isFalse = (text: string): boolean => ["", "0", "false", "f", "no", "n", "off"].includes(text.toLowerCase())

const equals = (wanted: string): Test => (value) => typeof value === "boolean" ? value === !isFalse(wanted) : value === wanted

const comparators: { readonly [name: string]: (value: string, wanted: string) => boolean } = {
  contains: (value, wanted) => value.includes(wanted),
  startswith: (value, wanted) => value.startsWith(wanted),
  endswith: (value, wanted) => value.endsWith(wanted)
}

/** `name__icontains`: an `i` in front means that case does not matter. Comparators nobody knows filter nothing. */
const compares = (suffix: string, wanted: string): Test => {
  const isLoose = suffix.startsWith("i")
  const name = isLoose ? suffix.slice(1) : suffix
  if (!Object.hasOwn(comparators, name)) return () => true
  return (value) =>
    typeof value === "string" &&
    (isLoose ? comparators[name]!(value.toLowerCase(), wanted.toLowerCase()) : comparators[name]!(value, wanted))
}

/** What of the query filters, out of the attributes a list can be filtered by. Other keys are ignored, as Keystone does. */
const testsOf = (query: URLSearchParams, filters: ReadonlyArray<string>): ReadonlyArray<readonly [string, Test]> =>
  [...query].flatMap(([key, wanted]): ReadonlyArray<readonly [string, Test]> => {
    const [name, suffix] = key.split("__", 2) as [string, string | undefined]
    if (!filters.includes(name)) return []
    return [[name, suffix === undefined ? equals(wanted) : compares(suffix, wanted)]]
  })

const limitOf = (query: URLSearchParams): number | undefined | Refusal => {
  const text = query.get("limit")
  if (text === null || text === "") return undefined
  return /^[1-9]\d{0,8}$/.test(text)
    ? Math.min(Number(text), Limits.pageSizeMax)
    : refuse("badRequest", "Invalid input for field 'limit': it must be a whole number greater than zero.")
}

interface Page {
  readonly items: ReadonlyArray<View>
  readonly isCut: boolean
}

const pageOf = (items: ReadonlyArray<View>, query: URLSearchParams): Page | Refusal => {
  const limit = limitOf(query)
  if (typeof limit === "object") return limit
  const marker = query.get("marker")
  const from = marker === null || marker === "" ? 0 : items.findIndex((item) => item["id"] === marker) + 1
  if (marker !== null && marker !== "" && from === 0) return refuse("notFound", `Marker ${marker} could not be found.`)
  const rest = items.slice(from)
  return limit === undefined || rest.length <= limit
    ? { items: rest, isCut: false }
    : { items: rest.slice(0, limit), isCut: true }
}

const searchOf = (query: URLSearchParams) => query.size === 0 ? "" : `?${query}`

const nextOf = (exchange: Exchange, page: Page): string | null => {
  if (!page.isCut) return null
  const query = new URLSearchParams(exchange.query)
  query.set("marker", String(page.items.at(-1)!["id"]))
  return `${exchange.base}${exchange.path}?${query}`
}

export const collection = (
  exchange: Exchange,
  key: string,
  items: Iterable<View>,
  filters: ReadonlyArray<string> = []
): Effect.Effect<Answer, Refusal> => {
  const tests = testsOf(exchange.query, filters)
  const page = pageOf([...items].filter((item) => tests.every(([name, test]) => test(item[name]))), exchange.query)
  if (!("items" in page)) return Effect.fail(page)
  return Effect.succeed(ok({
    [key]: page.items,
    links: { next: nextOf(exchange, page), self: `${exchange.base}${exchange.path}${searchOf(exchange.query)}`, previous: null },
    ...(page.isCut ? { truncated: true } : {})
  }))
}

/** `?effective` and `?effective=True` mean yes, `?effective=0` means no. */
export const isAsked = (query: URLSearchParams, name: string): boolean => query.has(name) && query.get(name) !== "0"
