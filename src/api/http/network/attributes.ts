/** Attributes of Neutron resources as rows: how a request names them, what they may hold, when they may be given. */
import { Result } from "effect"
import { isObject } from "../../../actors/shared/json.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import { formatAddress, formatCidr, parseAddress, parseCidr } from "../../../actors/network/addresses.ts"

/** The value, or why it is not one. */
export type Parse<A> = (value: unknown) => Result.Result<A, string>

export interface Attribute<A> {
  readonly wire: string
  readonly parse: Parse<A>
  /** `null`: the request must name it. */
  readonly fallback: { readonly value: A } | null
  /** May it be changed after creation? */
  readonly isMutable: boolean
}

export type Attributes = Readonly<Record<string, Attribute<never> | Attribute<unknown>>>
export type Values<T> = { readonly [F in keyof T]: T[F] extends Attribute<infer A> ? A : never }

const fixed = <A>(wire: string, parse: Parse<A>, fallback: { readonly value: NoInfer<A> } | null): Attribute<A> =>
  ({ wire, parse, fallback, isMutable: false })

export const required = <A>(wire: string, parse: Parse<A>): Attribute<A> => fixed(wire, parse, null)
/** Given at creation or never. */
export const initial = <A>(wire: string, parse: Parse<A>, value: NoInfer<A>): Attribute<A> => fixed(wire, parse, { value })
export const mutable = <A>(wire: string, parse: Parse<A>, value: NoInfer<A>): Attribute<A> =>
  ({ ...fixed(wire, parse, { value }), isMutable: true })

const shown = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value) ?? "None"
const no = (value: unknown, what: string): Result.Result<never, string> => Result.fail(`'${shown(value).slice(0, 255)}' ${what}`)

export const text = (max: number): Parse<string> => (value) =>
  typeof value !== "string"
    ? no(value, "is not a valid string")
    : value.length > max
    ? no(value, `exceeds maximum length of ${max}`)
    : Result.succeed(value)

const booleans = new Map<unknown, boolean>([
  [true, true], [1, true], ["1", true], ["true", true], [false, false], [0, false], ["0", false], ["false", false]
])
export const boolean: Parse<boolean> = (value) => {
  const found = booleans.get(typeof value === "string" ? value.toLowerCase() : value)
  return found === undefined ? no(value, "cannot be converted to boolean") : Result.succeed(found)
}

export const integer = (min: number, max: number): Parse<number> => (value) => {
  const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  if (typeof number !== "number" || !Number.isInteger(number)) return no(value, "is not an integer")
  if (number < min) return no(value, `is too small - must be at least '${min}'`)
  return number > max ? no(value, `is too large - must be no larger than '${max}'`) : Result.succeed(number)
}

export const oneOf = <const A extends string | number>(...values: ReadonlyArray<A>): Parse<A> => (value) => {
  const found = values.find((each) => each === value || (typeof each === "number" && String(each) === value))
  return found === undefined ? Result.fail(`${shown(value)} is not in ${JSON.stringify(values)}`) : Result.succeed(found)
}

export const uuid: Parse<string> = (value) =>
  typeof value === "string" && /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value)
    ? Result.succeed(value)
    : no(value, "is not a valid UUID")

export const address: Parse<string> = (value) => {
  const parsed = typeof value === "string" ? parseAddress(value) : undefined
  return parsed === undefined ? no(value, "is not a valid IP address") : Result.succeed(formatAddress(parsed.version, parsed.value))
}

export const cidr: Parse<string> = (value) => {
  const parsed = typeof value === "string" ? parseCidr(value) : undefined
  return parsed === undefined ? no(value, "is not a valid IP subnet") : Result.succeed(formatCidr(parsed))
}

/** A bare address is the prefix of itself alone. */
export const prefix: Parse<string> = (value) => {
  const bare = typeof value === "string" ? parseAddress(value) : undefined
  return bare === undefined ? cidr(value) : cidr(`${String(value)}/${bare.version === 4 ? 32 : 128}`)
}

/** Unicast addresses only; lower case with colons. */
export const mac: Parse<string> = (value) => {
  const canonical = typeof value === "string" ? value.toLowerCase().replaceAll("-", ":") : ""
  const isMac = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(canonical) && canonical !== "00:00:00:00:00:00"
  return isMac && (Number.parseInt(canonical.slice(0, 2), 16) & 1) === 0
    ? Result.succeed(canonical)
    : no(value, "is not a valid MAC address")
}

export const nullOr = <A>(parse: Parse<A>): Parse<A | null> => (value) => value === null ? Result.succeed(null) : parse(value)
/** `null` means the same as this. */
export const orNull = <A>(parse: Parse<A>, meant: A): Parse<A> => (value) => value === null ? Result.succeed(meant) : parse(value)
/** Not given is a value of its own. */
export const maybe = <A>(parse: Parse<A>): Parse<A | undefined> => parse

/** `identity` tells which items are the same one; `null`: this one may be there twice. */
export const list = <A>(parse: Parse<A>, max: number, identity: (item: A) => string | null = (item) => JSON.stringify(item)): Parse<ReadonlyArray<A>> => (value) => {
  if (!Array.isArray(value)) return no(value, "is not a list")
  if (value.length > max) return Result.fail(`The list has more than ${max} items`)
  const items: Array<A> = []
  const seen = new Set<string>()
  for (const each of value as ReadonlyArray<unknown>) {
    const item = parse(each)
    if (Result.isFailure(item)) return Result.fail(item.failure)
    const key = identity(item.success)
    if (key !== null && seen.has(key)) return Result.fail(`Duplicate items in the list: '${shown(each)}'`)
    if (key !== null) seen.add(key)
    items.push(item.success)
  }
  return Result.succeed(items)
}

/** An object with these keys; one without a fallback must be there, others than these must not. */
export const object = <const T extends Attributes>(attributes: T): Parse<Values<T>> => (value) => {
  if (!isObject(value)) return no(value, "is not a dictionary")
  const stranger = Object.keys(value).find((key) => !Object.values(attributes).some((each) => each.wire === key))
  if (stranger !== undefined) return Result.fail(`Unexpected key '${stranger}' in ${shown(value)}`)
  const fields: Record<string, unknown> = {}
  for (const [field, attribute] of Object.entries(attributes)) {
    if (value[attribute.wire] === undefined) {
      if (attribute.fallback === null) return Result.fail(`Required key '${attribute.wire}' is missing in ${shown(value)}`)
      fields[field] = attribute.fallback.value
    } else {
      const parsed = attribute.parse(value[attribute.wire])
      if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
      fields[field] = parsed.success
    }
  }
  return Result.succeed(fields as Values<T>)
}

const bad = (message: string): Result.Result<never, Refusal> => Result.fail(refuse("badRequest", message, "HTTPBadRequest"))

/** `tenant_id` is the old name of `project_id`. */
const withProject = (body: Readonly<Record<string, unknown>>): Result.Result<Readonly<Record<string, unknown>>, Refusal> => {
  const { tenant_id: tenantId, ...rest } = body
  if (tenantId === undefined) return Result.succeed(body)
  return rest["project_id"] !== undefined && rest["project_id"] !== tenantId
    ? bad("'project_id' and 'tenant_id' do not match")
    : Result.succeed({ ...rest, project_id: tenantId })
}

const read = (attributes: Attributes, body: unknown, resource: string, readOnly: ReadonlySet<string>, isUpdate: boolean) =>
  Result.gen(function*() {
    if (!isObject(body)) return yield* bad(`Object '${resource}' contains invalid data`)
    const given = yield* withProject(body)
    const byWire = new Map(Object.entries(attributes).map(([field, attribute]) => [attribute.wire, { field, attribute }]))
    const fields: Record<string, unknown> = {}
    const strangers = Object.keys(given).filter((key) => !byWire.has(key) && !readOnly.has(key))
    if (strangers.length > 0) return yield* bad(`Unrecognized attribute(s) '${strangers.join(", ")}'`)
    for (const [wire, value] of Object.entries(given)) {
      const known = byWire.get(wire)
      if (known === undefined) {
        return yield* bad(isUpdate ? `Cannot update read-only attribute ${wire}` : `Attribute '${wire}' not allowed in POST`)
      }
      if (isUpdate && !known.attribute.isMutable) return yield* bad(`Cannot update read-only attribute ${wire}`)
      const parsed = known.attribute.parse(value)
      if (Result.isFailure(parsed)) return yield* bad(`Invalid input for ${wire}. Reason: ${parsed.failure}.`)
      fields[known.field] = parsed.success
    }
    return fields
  })

/** A create request, its defaults filled in. */
export const readCreate = <const T extends Attributes>(
  attributes: T,
  body: unknown,
  resource: string,
  readOnly: ReadonlySet<string>
): Result.Result<Values<T>, Refusal> =>
  Result.gen(function*() {
    const fields = yield* read(attributes, body, resource, readOnly, false)
    for (const [field, { fallback, wire }] of Object.entries(attributes)) {
      if (field in fields) continue
      if (fallback === null) return yield* bad(`Failed to parse request. Required attribute '${wire}' not specified`)
      fields[field] = fallback.value
    }
    return fields as Values<T>
  })

/** An update: only what it names. */
export const readUpdate = <const T extends Attributes>(
  attributes: T,
  body: unknown,
  resource: string,
  readOnly: ReadonlySet<string>
): Result.Result<Partial<Values<T>>, Refusal> =>
  Result.map(read(attributes, body, resource, readOnly, true), (fields) => fields as Partial<Values<T>>)
