/** The recorded exchanges of the reference, test by test. */
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"

/** One request and what the reference answered. Fault messages are cut out of the answers. */
export interface Exchange {
  /** The test it was recorded in, and its place there; places that are missing were dropped. */
  readonly t: string
  readonly i: number
  readonly m: string
  readonly u: string
  readonly route: string
  readonly v: string
  readonly roles: string
  readonly b?: unknown
  readonly s: number
  readonly r?: unknown
  readonly action?: string
  readonly location?: string
}

const root = resolve(import.meta.dirname, "../..")
export const usualFolder = resolve(root, process.env["KILONOVA_SHARED"] ?? "../shared")
const file = "nova-api/vectors/recorded-http.jsonl"
export const isRecorded = (folder: string): boolean => existsSync(join(folder, file))

/** The exchanges of each test, in order. */
export const readTests = (folder: string): ReadonlyArray<ReadonlyArray<Exchange>> => {
  const tests = new Map<string, Array<Exchange>>()
  for (const line of readFileSync(join(folder, file), "utf8").trim().split("\n")) {
    const exchange = JSON.parse(line) as Exchange
    const test = tests.get(exchange.t)
    if (test === undefined) tests.set(exchange.t, [exchange])
    else test.push(exchange)
  }
  return [...tests.values()].map((test) => test.toSorted((a, b) => a.i - b.i))
}

/** The one key of an action's body. */
export const actionOf = ({ b, route }: Exchange): string | null =>
  route.endsWith("/action") && typeof b === "object" && b !== null ? Object.keys(b)[0] ?? null : null

export const routeOf = (exchange: Exchange): string => {
  const action = actionOf(exchange)
  return `${exchange.m} ${exchange.route}${action === null ? "" : ` ${action}`}`
}
export const minorOf = ({ u, v }: Exchange): number => u.startsWith("/v2/") ? 0 : Number(v.split(".")[1])
