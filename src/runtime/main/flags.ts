/** The options' tables as flags of commands. */
import { Option } from "effect"
import { Flag } from "effect/cli"
import { asOneList, flagOf, type Given, type Option as OptionRow, type Table } from "./optionKinds.ts"

export type Flags<T extends Table> = { readonly [K in keyof T]: Option.Option<Given> }

const lists = (name: string, row: OptionRow<unknown>): Flag.Flag<Option.Option<Given>> =>
  Flag.String(flagOf(name)).pipe(
    Flag.withDescription(row.meaning),
    Flag.withMetavar(row.metavar),
    Flag.atLeast(0),
    Flag.map((all) => all.length === 0 ? Option.none<Given>() : Option.some<Given>(asOneList(all)))
  )

// Every flag is read as text: one table checks what flags, environment and file say, and words the complaint once.
export const flag = (name: string, row: OptionRow<unknown>): Flag.Flag<Option.Option<Given>> => {
  if (row.isList) return lists(name, row)
  const given: Flag.Flag<Given> = row.isSwitch ? Flag.Boolean(flagOf(name)) : Flag.String(flagOf(name))
  const fallback = row.isSwitch
    ? ` (--no-${flagOf(name)}: do not)`
    : row.fallback === null ? "" : ` (default ${String(row.fallback)})`
  return given.pipe(
    Flag.withDescription(`${row.meaning}${fallback}`),
    row.isSwitch ? (self) => self : Flag.withMetavar(row.metavar),
    Flag.optional
  )
}

export const flagsOf = <T extends Table>(table: T) =>
  Object.fromEntries(Object.entries(table).map(([name, row]) => [name, flag(name, row)])) as {
    readonly [K in keyof T]: Flag.Flag<Option.Option<Given>>
  }
