/** What an option may be: a number, a text, a choice, a switch, a URL. */
import { Result } from "effect"

/** What a flag, a variable or a key of the file may hold before it is checked. */
export type Given = string | number | boolean

export interface Option<A> {
  readonly meaning: string
  /** What the value is, in one word, for the help text. */
  readonly metavar: string
  readonly fallback: A
  /** The value, or the rule that what was given breaks: "must be …". */
  readonly read: (given: Given) => Result.Result<A, string>
  /** A variable of another standard that means the same; ours wins. */
  readonly otherVariable?: string
  readonly isSwitch?: true
  readonly isSecret?: true
  /** JSON, given once or several times; in the file a text, a table or an array of them. */
  readonly isList?: true
  /** Where to find the file cannot stand in the file. */
  readonly isNotInFile?: true
}

type Row<A> = Omit<Option<A>, "read" | "metavar">

export const int = <A extends number | null>(
  row: Row<A> & { readonly min: number; readonly max: number; readonly metavar: string }
): Option<A | number> => ({
  ...row,
  read: (given) => {
    const value = typeof given === "string" && /^-?\d+$/.test(given.trim()) ? Number(given) : given
    return typeof value === "number" && Number.isInteger(value) && value >= row.min && value <= row.max
      ? Result.succeed(value)
      : Result.fail(`must be a whole number from ${row.min} to ${row.max}`)
  }
})

export const text = <A extends string | null>(row: Row<A> & { readonly metavar: string }): Option<A | string> => ({
  ...row,
  read: (given) =>
    typeof given === "string" && given.trim() !== "" ? Result.succeed(given) : Result.fail("must be a text that is not empty")
})

/** A text of which `problem` says what rule it breaks, if any: "must …". */
export const checked = <A extends string | null>(
  row: Row<A> & { readonly metavar: string }, problem: (given: string) => string | undefined
): Option<A | string> => ({
  ...row,
  read: (given) => {
    const broken = typeof given === "string" ? problem(given) : "must be a text"
    return broken === undefined && typeof given === "string" ? Result.succeed(given) : Result.fail(broken ?? "must be a text")
  }
})

/** Several JSON texts, or what a file has in their place, as one. */
export const asOneList = (given: ReadonlyArray<unknown>): string =>
  given.length === 1 && typeof given[0] === "string"
    ? given[0] : `[${given.map((one) => typeof one === "string" ? one : JSON.stringify(one)).join(", ")}]`

export const choice = <const A extends string>(row: Row<NoInfer<A>> & { readonly of: ReadonlyArray<A> }): Option<A> => ({
  ...row,
  metavar: row.of.join("|"),
  read: (given) => {
    const value = row.of.find((candidate) => candidate === given)
    return value === undefined ? Result.fail(`must be one of ${row.of.join(", ")}`) : Result.succeed(value)
  }
})

const truths: Readonly<Record<string, boolean>> = {
  "true": true, "1": true, "yes": true, "on": true, "false": false, "0": false, "no": false, "off": false
}

export const toggle = (row: Row<boolean>): Option<boolean> => ({
  ...row,
  metavar: "true|false",
  isSwitch: true,
  read: (given) => {
    const value = truths[String(given).toLowerCase()]
    return value === undefined ? Result.fail("must be true or false") : Result.succeed(value)
  }
})

export const url = (row: Row<string | null>): Option<string | null> => ({
  ...row,
  metavar: "URL",
  read: (given) =>
    typeof given === "string" && URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)
      ? Result.succeed(given.replace(/\/+$/, ""))
      : Result.fail("must be an http:// or https:// URL")
})

/** The options of one command, by name. */
export type Table = { readonly [name: string]: Option<unknown> }
export type SettingsOf<T extends Table> = { readonly [K in keyof T]: T[K] extends Option<infer A> ? A : never }

/** `dataDir` → `data-dir`: the flag and the key of the file. */
export const flagOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `dataDir` → `KILONOVA_DATA_DIR` */
export const variableOf = (name: string): string => `KILONOVA_${flagOf(name).replaceAll("-", "_").toUpperCase()}`
