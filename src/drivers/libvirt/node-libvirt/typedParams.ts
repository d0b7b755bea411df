/** libvirt's typed parameters: lists of named values that carry their own type (statistics, jobs, migrations). */
import { type Codec, double, hyper, int, list, string, uhyper, uint, XdrError } from "./xdr.ts"

export type TypedParam =
  | { readonly field: string; readonly type: "int" | "uint" | "double"; readonly value: number }
  | { readonly field: string; readonly type: "llong" | "ullong"; readonly value: bigint }
  | { readonly field: string; readonly type: "boolean"; readonly value: boolean }
  | { readonly field: string; readonly type: "string"; readonly value: string }

/** What a typed parameter may hold. */
export type TypedValue = TypedParam["value"]

/** The discriminant on the wire is the index here, plus one. */
const types = ["int", "uint", "llong", "ullong", "double", "boolean", "string"] as const

const boolean: Codec<boolean> = {
  write: (to, value) => int.write(to, value ? 1 : 0),
  read: (from) => int.read(from) !== 0
}

const typedParam: Codec<TypedParam> = {
  write: (to, param) => {
    string.write(to, param.field)
    int.write(to, types.indexOf(param.type) + 1)
    switch (param.type) {
      case "int": return int.write(to, param.value)
      case "uint": return uint.write(to, param.value)
      case "llong": return hyper.write(to, param.value)
      case "ullong": return uhyper.write(to, param.value)
      case "double": return double.write(to, param.value)
      case "boolean": return boolean.write(to, param.value)
      case "string": return string.write(to, param.value)
    }
  },
  read: (from) => {
    const field = string.read(from)
    const number = int.read(from)
    const type = types[number - 1]
    switch (type) {
      case "int": return { field, type, value: int.read(from) }
      case "uint": return { field, type, value: uint.read(from) }
      case "llong": return { field, type, value: hyper.read(from) }
      case "ullong": return { field, type, value: uhyper.read(from) }
      case "double": return { field, type, value: double.read(from) }
      case "boolean": return { field, type, value: boolean.read(from) }
      case "string": return { field, type, value: string.read(from) }
      default: throw new XdrError(`typed parameter "${field}" has unknown type ${number}`)
    }
  }
}

/** A list of at most `max` parameters. */
export const typedParams = (max: number): Codec<ReadonlyArray<TypedParam>> => list(typedParam, max)

/** Parameters by name. A name that is sent several times (disks of a migration) keeps its last value. */
export const byField = (params: ReadonlyArray<TypedParam>): { readonly [field: string]: TypedValue } =>
  Object.fromEntries(params.map((param) => [param.field, param.value]))

/** A typed parameter that is text, the commonest kind a caller builds. */
export const textParam = (field: string, value: string): TypedParam => ({ field, type: "string", value })
