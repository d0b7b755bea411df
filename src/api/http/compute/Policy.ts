import type { Caller } from "../../../actors/shared/Caller.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"

/** What is acted upon, as far as policies look at it. */
export interface Target {
  readonly projectId?: string | null
  readonly userId?: string | null
}

type Predicate = (caller: Caller, target: Target) => boolean

const hasRole = (role: string): Predicate => (caller) => caller.roles.includes(role)

/** One check between the `and`s and `or`s; `rule:` looks its rule up when asked, so order does not matter. */
const check = (text: string, ruleNamed: (name: string) => Predicate): Predicate => {
  if (text === "@" || text === "") return () => true
  if (text === "!") return () => false
  const [kind, ...rest] = text.split(":")
  const value = rest.join(":")
  switch (kind) {
    case "role":
      return hasRole(value.toLowerCase())
    case "rule":
      return (caller, target) => ruleNamed(value)(caller, target)
    case "is_admin":
      return (caller) => caller.isAdmin === (value === "True")
    case "project_id":
      return (caller, target) => caller.projectId !== null && caller.projectId === (target.projectId ?? null)
    case "user_id":
      return (caller, target) => caller.userId === target.userId
    default:
      throw new Error(`A policy has a check of an unknown kind: ${text}`)
  }
}

/** `a and b or not (c)`, as operators write it: `and` binds tighter than `or`. */
const parse = (text: string, ruleNamed: (name: string) => Predicate): Predicate => {
  const words = text.match(/\(|\)|(?:%\([^)]*\)s|[^\s()])+/g) ?? []
  let at = 0
  const either = (): Predicate => {
    let left = both()
    while (words[at] === "or") {
      at++
      const [first, second] = [left, both()]
      left = (caller, target) => first(caller, target) || second(caller, target)
    }
    return left
  }
  const both = (): Predicate => {
    let left = one()
    while (words[at] === "and") {
      at++
      const [first, second] = [left, one()]
      left = (caller, target) => first(caller, target) && second(caller, target)
    }
    return left
  }
  const one = (): Predicate => {
    const word = words[at++] ?? ""
    if (word === "not") {
      const inner = one()
      return (caller, target) => !inner(caller, target)
    }
    if (word !== "(") return check(word, ruleNamed)
    const inner = either()
    if (words[at++] !== ")") throw new Error(`A policy has an open bracket: ${text}`)
    return inner
  }
  const whole = either()
  if (at < words.length) throw new Error(`A policy ends too early: ${text}`)
  return whole
}

export interface Policies {
  readonly allows: (rule: string, caller: Caller, target: Target) => boolean
  readonly names: ReadonlyArray<string>
}

/** Compiles a table of rules; `overrides` are an operator's own lines for some of them. */
export const compile = (
  table: Readonly<Record<string, string>>,
  overrides: Readonly<Record<string, string>> = {}
): Policies => {
  const predicates = new Map<string, Predicate>()
  const ruleNamed = (name: string): Predicate => {
    const found = predicates.get(name)
    if (found === undefined) throw new Error(`No policy is called ${name}`)
    return found
  }
  const rules = { ...table, ...overrides }
  for (const name in rules) predicates.set(name, parse(rules[name]!, ruleNamed))
  return {
    names: [...predicates.keys()],
    // Every rule is for project scope: a token for the whole system is outside of it.
    allows: (rule, caller, target) => !caller.systemScope && ruleNamed(rule)(caller, target)
  }
}

export const notAllowed = (rule: string): Refusal =>
  refuse("forbidden", `Policy doesn't allow ${rule} to be performed.`, "PolicyNotAuthorized")
