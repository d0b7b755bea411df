/** `/v3/role_assignments`: all grants, as they were made or as they take effect. */
import { Effect } from "effect"
import type { Actor, Directory, Grant, Scope } from "../../../actors/identity/Directory.ts"
import { subtreeOf } from "../../../actors/identity/projects.ts"
import { invalid } from "../../../actors/identity/refusals.ts"
import { withImplied } from "../../../actors/identity/roles.ts"
import { membersOf } from "../../../actors/identity/users.ts"
import { allow, type IdentityRow, row, scopeDomainId } from "./asking.ts"
import { collection, isAsked, type View } from "./collection.ts"

interface Assignment {
  readonly actor: Actor
  readonly scope: Scope
  readonly roleId: string
  /** The grant it comes from. */
  readonly source: Grant
}

const direct = (grant: Grant): ReadonlyArray<Assignment> =>
  grant.roleIds.map((roleId) => ({ actor: grant.actor, scope: grant.scope, roleId, source: grant }))

/** Groups become their members and roles what they imply. */
const effective = (directory: Directory, grant: Grant): ReadonlyArray<Assignment> => {
  const actors: ReadonlyArray<Actor> = grant.actor.kind === "user"
    ? [grant.actor]
    : membersOf(directory, grant.actor.id).map(({ id }) => ({ kind: "user", id }))
  return actors.flatMap((actor) =>
    withImplied(directory, grant.roleIds).map(({ id }) => ({ actor, scope: grant.scope, roleId: id, source: grant }))
  )
}

/** Pairs of filters that exclude each other. */
const exclusive: ReadonlyArray<readonly [string, string, string]> = [
  ["scope.domain.id", "scope.project.id", "Specify a domain or project, not both"],
  ["scope.domain.id", "scope.system", "Specify system or domain, not both"],
  ["scope.project.id", "scope.system", "Specify system or project, not both"],
  ["user.id", "group.id", "Specify a user or group, not both"],
  ["effective", "group.id", "Combining effective and group filter will always result in an empty list."]
]

const matcher = (directory: Directory, query: URLSearchParams) => {
  const wanted = (name: string) => query.get(name) || undefined
  const projectId = wanted("scope.project.id")
  const projectIds = projectId === undefined
    ? undefined
    : new Set([projectId, ...(isAsked(query, "include_subtree") ? subtreeOf(directory, projectId).map(({ id }) => id) : [])])
  const is = (expected: string | undefined, kind: string, thing: Actor | Scope) =>
    expected === undefined || (thing.kind === kind && thing.id === expected)
  const [userId, groupId, roleId, domainId] = ["user.id", "group.id", "role.id", "scope.domain.id"].map(wanted)
  const onSystem = wanted("scope.system") !== undefined
  return ({ actor, roleId: id, scope }: Assignment): boolean =>
    is(userId, "user", actor) && is(groupId, "group", actor) && is(domainId, "domain", scope) &&
    (roleId === undefined || id === roleId) && (!onSystem || scope.kind === "system") &&
    (projectIds === undefined || (scope.kind === "project" && projectIds.has(scope.id)))
}

/** A reference, with its name and that of its domain where names were asked for. */
const referenceOf = (directory: Directory, withNames: boolean) => (kind: "user" | "group" | "project", id: string): View => {
  const record = withNames ? directory.get(kind, id) : undefined
  const domain = record && directory.get("domain", record.domainId)
  return record === undefined
    ? { id }
    : { id, name: record.name, domain: { id: record.domainId, name: domain?.name ?? "" } }
}

const linkOf = ({ roleId, source }: Assignment, base: string): string => {
  const { actor, scope } = source
  const place = scope.kind === "system" ? "system" : `${scope.kind}s/${scope.id}`
  const original = source.roleIds.includes(roleId) ? roleId : source.roleIds[0]
  return `${base}/v3/${place}/${actor.kind}s/${actor.id}/roles/${original}`
}

const viewIn = (directory: Directory, query: URLSearchParams, base: string) => {
  const withNames = isAsked(query, "include_names")
  const reference = referenceOf(directory, withNames)
  const plain = (kind: "domain" | "role", id: string): View => {
    const record = withNames ? directory.get(kind, id) : undefined
    return record === undefined ? { id } : { id, name: record.name }
  }
  const scopeView = (scope: Scope): View => {
    if (scope.kind === "system") return { system: { all: true } }
    return { [scope.kind]: scope.kind === "project" ? reference("project", scope.id) : plain("domain", scope.id) }
  }
  return (assignment: Assignment): View => ({
    scope: scopeView(assignment.scope),
    role: plain("role", assignment.roleId),
    [assignment.actor.kind]: reference(assignment.actor.kind, assignment.actor.id),
    links: { assignment: linkOf(assignment, base) }
  })
}

const keyOf = ({ actor, roleId, scope }: Assignment) => JSON.stringify([actor.kind, actor.id, scope.kind, scope.id, roleId])
const domainOf = (directory: Directory, scope: Scope) =>
  scope.kind === "project" ? directory.get("project", scope.id)?.domainId : scope.id

export const assignmentRows: ReadonlyArray<IdentityRow> = [
  row("GET", "/v3/role_assignments", (asking) =>
    Effect.gen(function*() {
      const { directory, exchange } = asking
      const { query } = exchange
      const domainId = scopeDomainId(asking)
      yield* allow(asking, "list_role_assignments", { domainId })
      const clash = exclusive.find(([one, other]) => (one === "effective" ? isAsked(query, one) : query.get(one)) && query.get(other))
      if (clash !== undefined) return yield* invalid(clash[2])
      if (isAsked(query, "include_subtree") && !query.get("scope.project.id")) {
        return yield* invalid("scope.project.id must be specified if include_subtree is also specified")
      }
      // No grant here is inherited.
      if (query.get("scope.OS-INHERIT:inherited_to") === "projects") return yield* collection(exchange, "role_assignments", [])
      const grants = [...directory.all("grant")]
      const all = grants.flatMap((grant) => isAsked(query, "effective") ? effective(directory, grant) : direct(grant))
      const matches = matcher(directory, query)
      const mine = all.filter((one) =>
        matches(one) && (domainId === undefined || domainOf(directory, one.scope) === domainId)
      )
      const unique = new Map(mine.map((one) => [keyOf(one), one]))
      return yield* collection(exchange, "role_assignments", [...unique.values()].map(viewIn(directory, query, exchange.base)))
    }))
]
