/** What may be written in each kind of resource, checked before anything is looked up. */
import { isObject, type Json } from "../shared/json.ts"
import { isRefusal, type Refusal } from "../shared/Refusal.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Attributes } from "./Directory.ts"
import { invalid } from "./refusals.ts"

export interface Rule {
  readonly type: "string" | "boolean" | "strings" | "object" | "list"
  readonly nullable?: boolean
  readonly lengthMax?: number
  /** What the pattern means, for the message. */
  readonly pattern?: readonly [RegExp, string]
  /** Of an object: which keys it may have, each with a boolean or null. */
  readonly flags?: ReadonlyArray<string>
}
export type Rules = { readonly [name: string]: Rule }

const name = (lengthMax: number): Rule => ({
  type: "string",
  lengthMax,
  pattern: [/\S/, "it must have a character that is not a blank"]
})
const id: Rule = { type: "string", lengthMax: 64, pattern: [/^[a-zA-Z0-9-]+$/, "only letters, digits and - are allowed"] }
const text: Rule = { type: "string", nullable: true }
const immutable: Rule = { type: "object", flags: ["immutable"] }
const userOptions = [
  "ignore_change_password_upon_first_use",
  "ignore_password_expiry",
  "ignore_lockout_failure_attempts",
  "ignore_user_inactivity",
  "lock_password"
]

/** Keystone's attributes of each kind. What is not listed is kept as it came, where the kind allows it. */
export const attributes = {
  domain: { name: name(64), description: text, enabled: { type: "boolean" }, tags: { type: "strings" }, options: immutable },
  project: {
    name: name(64),
    domain_id: { ...id, nullable: true },
    parent_id: { ...id, nullable: true },
    is_domain: { type: "boolean" },
    description: text,
    enabled: { type: "boolean" },
    tags: { type: "strings" },
    options: immutable
  },
  user: {
    name: name(255),
    domain_id: { ...id, nullable: true },
    default_project_id: { type: "string", nullable: true, lengthMax: 64 },
    description: text,
    enabled: { type: "boolean" },
    password: { type: "string", nullable: true },
    options: { type: "object", flags: userOptions }
  },
  group: { name: name(255), domain_id: { ...id, nullable: true }, description: text },
  role: { name: name(255), domain_id: { ...id, nullable: true }, description: text, options: immutable },
  application_credential: {
    name: name(255),
    id: { type: "string" },
    project_id: { type: "string" },
    system: text,
    description: text,
    secret: { type: "string", nullable: true },
    expires_at: text,
    unrestricted: { type: "boolean", nullable: true },
    roles: { type: "list", nullable: true },
    access_rules: { type: "list", nullable: true }
  }
} as const satisfies { readonly [kind: string]: Rules }
export type Writable = keyof typeof attributes

const stringFault = (value: string, rule: Rule): string | undefined =>
  rule.lengthMax !== undefined && value.length === 0
    ? "it is too short"
    : rule.lengthMax !== undefined && value.length > rule.lengthMax
    ? `it is longer than ${rule.lengthMax} characters`
    : rule.pattern !== undefined && !rule.pattern[0].test(value)
    ? rule.pattern[1]
    : undefined

const tagsFault = (value: unknown): string | undefined =>
  !Array.isArray(value) || value.some((tag) => typeof tag !== "string")
    ? "it must be a list of strings"
    : value.length > Limits.projectTagsMax
    ? `it has more than ${Limits.projectTagsMax} tags`
    : value.find((tag: string) => tag.length === 0 || tag.length > 255 || /[,/]/.test(tag)) !== undefined
    ? "a tag has 1 to 255 characters and neither a comma nor a slash"
    : new Set(value).size < value.length
    ? "its tags are not unique"
    : undefined

const checks: { readonly [T in Rule["type"]]: (value: unknown, rule: Rule) => string | undefined } = {
  string: (value, rule) => typeof value === "string" ? stringFault(value, rule) : "it must be a string",
  boolean: (value) => typeof value === "boolean" ? undefined : "it must be true or false",
  strings: tagsFault,
  list: (value) => Array.isArray(value) ? undefined : "it must be a list",
  object: (value, rule) => {
    if (!isObject(value)) return "it must be an object"
    const odd = Object.keys(value).find((key) =>
      !rule.flags!.includes(key) || (value[key] !== null && typeof value[key] !== "boolean")
    )
    return odd === undefined ? undefined : `the option ${odd} is not known, or not true, false or null`
  }
}

export const faultOf = (name: string, value: unknown, rule: Rule): Refusal | undefined => {
  if (value === null && rule.nullable === true) return undefined
  const fault = checks[rule.type](value, rule)
  return fault === undefined ? undefined : invalid(`Invalid input for field '${name}': ${fault}.`)
}

/** Attributes that are the server's to write; a caller's are dropped. */
const serverOwned = new Set(["id", "links", "password_expires_at", "original_password"])

export interface Draft {
  /** The attributes of the kind's table that were given. */
  readonly fields: { readonly [name: string]: Json }
  /** Everything else. */
  readonly extra: Attributes
}

/** The draft in `{ [kind]: { … } }`. */
export const draftOf = (kind: Writable, body: unknown, verb: "create" | "update"): Draft | Refusal => {
  const given = isObject(body) ? body[kind] : undefined
  if (!isObject(given)) return invalid(`'${kind}' is a required property and must be an object.`)
  const rules: Rules = attributes[kind]
  if (verb === "create" && given["name"] === undefined) return invalid("'name' is a required property")
  if (verb === "update" && Object.keys(given).length === 0) return invalid(`'${kind}' has nothing to change.`)
  for (const [name, rule] of Object.entries(rules)) {
    const fault = given[name] === undefined ? undefined : faultOf(name, given[name], rule)
    if (isRefusal(fault)) return fault
  }
  const entries = Object.entries(given as { readonly [name: string]: Json })
  const extra = entries.filter(([name]) => !Object.hasOwn(rules, name) && !serverOwned.has(name))
  if (kind === "application_credential" && extra.length > 0) {
    return invalid(`Additional properties are not allowed ('${extra[0]![0]}' was unexpected)`)
  }
  return {
    fields: Object.fromEntries(entries.filter(([name]) => Object.hasOwn(rules, name))),
    extra: Object.fromEntries(extra)
  }
}

const isRemoved = (value: Json): boolean => value === null
/** Options are merged one by one; `null` unsets one. */
export const mergeOptions = (before: Attributes, change: Json | undefined): Attributes =>
  change === undefined
    ? before
    : Object.fromEntries(Object.entries({ ...before, ...(change as Attributes) }).filter(([, value]) => !isRemoved(value)))

export const isImmutable = (record: { readonly options: Attributes }): boolean => record.options["immutable"] === true
