/** Domains, and the trees of projects in them. */
import { isRefusal, type Refusal } from "../shared/Refusal.ts"
import { Limits } from "../../runtime/Limits.ts"
import { type Draft, isImmutable, mergeOptions } from "./attributes.ts"
import { type Decided, type Directory, type Domain, type Edit, nameKey, type Project } from "./Directory.ts"
import { absent, duplicate, forbidden, immutable, invalid } from "./refusals.ts"
import { dropActor, dropScope } from "./grants.ts"

type Fields = Draft["fields"]
const stringOr = (fields: Fields, name: string, otherwise: string): string => (fields[name] ?? otherwise) as string
const booleanOr = (fields: Fields, name: string, otherwise: boolean): boolean => (fields[name] ?? otherwise) as boolean
const tagsOr = (fields: Fields, otherwise: ReadonlyArray<string>) =>
  (fields["tags"] ?? otherwise) as ReadonlyArray<string>

/** The attributes a domain and a project share, changed by a draft. */
const changed = <A extends Domain | Project>(record: A, { extra, fields }: Draft): A => ({
  ...record,
  name: stringOr(fields, "name", record.name),
  description: fields["description"] === null ? "" : stringOr(fields, "description", record.description),
  enabled: booleanOr(fields, "enabled", record.enabled),
  tags: tagsOr(fields, record.tags),
  options: mergeOptions(record.options, fields["options"]),
  extra: { ...record.extra, ...extra }
})
const blank = { name: "", description: "", enabled: true, tags: [], options: {}, extra: {} }

/** Only turning the option itself off may change what is immutable. */
const guarded = (what: string, record: Domain | Project, fields: Fields): Refusal | undefined => {
  const options = fields["options"] as { readonly immutable?: boolean | null } | undefined
  const isTurnedOff = options !== undefined && "immutable" in options && options.immutable !== true
  return isImmutable(record) && !isTurnedOff ? immutable("update", what, record.id) : undefined
}

const nameTaken = (directory: Directory, domain: Domain): Refusal | undefined => {
  const holder = directory.named("domain", nameKey(null, domain.name))
  return holder === undefined || holder.id === domain.id
    ? undefined
    : duplicate("domain", `it is not permitted to have two domains with the same name: ${domain.name}`)
}

export const createDomain = (directory: Directory, id: string, draft: Draft): Decided<Domain> | Refusal => {
  const domain: Domain = changed({ id, ...blank }, draft)
  return nameTaken(directory, domain) ?? { edits: [{ kind: "domain", put: domain }], result: domain }
}

export const updateDomain = (directory: Directory, id: string, draft: Draft): Decided<Domain> | Refusal => {
  const before = directory.get("domain", id)
  if (before === undefined) return absent("domain", id)
  const domain = changed(before, draft)
  return guarded("domain", before, draft.fields) ?? nameTaken(directory, domain) ??
    { edits: [{ kind: "domain", put: domain }], result: domain }
}

export const removeDomain = (directory: Directory, id: string): Decided<null> | Refusal => {
  const domain = directory.get("domain", id)
  if (domain === undefined) return absent("domain", id)
  if (isImmutable(domain)) return immutable("delete", "domain", id)
  if (domain.enabled) return forbidden("Cannot delete a domain that is enabled, please disable it first.")
  const inside = (record: { readonly domainId: string | null }) => record.domainId === id
  const projects = [...directory.all("project")].filter(inside)
  const users = [...directory.all("user")].filter(inside)
  const groups = [...directory.all("group")].filter(inside)
  const roles = [...directory.all("role")].filter(inside)
  return {
    edits: unique([
      ...dropScope(directory, { kind: "domain", id }),
      ...projects.flatMap((project) => dropScope(directory, { kind: "project", id: project.id })),
      ...users.flatMap((user) => dropActor(directory, { kind: "user", id: user.id })),
      ...groups.flatMap((group) => dropActor(directory, { kind: "group", id: group.id })),
      ...projects.map((project): Edit => ({ kind: "project", remove: project.id })),
      ...users.map((user): Edit => ({ kind: "user", remove: user.id })),
      ...groups.map((group): Edit => ({ kind: "group", remove: group.id })),
      ...roles.map((role): Edit => ({ kind: "role", remove: role.id })),
      { kind: "domain", remove: id }
    ]),
    result: null
  }
}

/** A grant between two things that both go is removed once. */
const unique = (edits: ReadonlyArray<Edit>): ReadonlyArray<Edit> => [
  ...new Map(edits.map((edit) => ["remove" in edit ? `${edit.kind} ${edit.remove}` : edit, edit])).values()
]

/** The project's parents, nearest first, without the domain. */
export const parentsOf = (directory: Directory, project: Project): ReadonlyArray<Project> => {
  const parents: Array<Project> = []
  let parent = directory.get("project", project.parentId)
  while (parent !== undefined && parents.length < Limits.projectDepthMax) {
    parents.push(parent)
    parent = directory.get("project", parent.parentId)
  }
  return parents
}
export const childrenOf = (directory: Directory, id: string): ReadonlyArray<Project> =>
  [...directory.all("project")].filter((project) => project.parentId === id)
export const subtreeOf = (directory: Directory, id: string): ReadonlyArray<Project> =>
  childrenOf(directory, id).flatMap((child) => [child, ...subtreeOf(directory, child.id)])

const projectNameTaken = (directory: Directory, project: Project): Refusal | undefined => {
  const holder = directory.named("project", nameKey(project.domainId, project.name))
  return holder === undefined || holder.id === project.id ? undefined : duplicate(
    "project",
    "it is not permitted to have two projects with either the same name or same id in the same domain: " +
      `name is ${project.name}, project id ${project.id}`
  )
}

/** Where a new project goes: in the domain it names, else its parent's, else the caller's. */
const placeOf = (directory: Directory, fields: Fields, domainId: string) => {
  const parentId = fields["parent_id"] as string | null | undefined
  const parent = typeof parentId === "string" ? directory.get("project", parentId) : undefined
  if (typeof parentId === "string" && parent === undefined && directory.get("domain", parentId) === undefined) {
    return absent("project", parentId)
  }
  const domain = stringOr(fields, "domain_id", parent?.domainId ?? parentId ?? domainId)
  if (directory.get("domain", domain) === undefined) return absent("domain", domain)
  if (typeof parentId === "string" && (parent?.domainId ?? parentId) !== domain) {
    return invalid(
      `Cannot create project, since it specifies its domain_id ${domain}, but specifies a parent in a different domain (${
        parent?.domainId ?? parentId
      }).`
    )
  }
  return { domainId: domain, parentId: parentId ?? domain }
}

export const createProject = (
  directory: Directory,
  id: string,
  draft: Draft,
  defaultDomainId: string
): Decided<Project> | Refusal => {
  if (draft.fields["is_domain"] === true) {
    return invalid("Invalid input for field 'is_domain': a project cannot act as a domain here; create a domain.")
  }
  const place = placeOf(directory, draft.fields, defaultDomainId)
  if (isRefusal(place)) return place
  const project: Project = changed({ id, ...place, ...blank }, draft)
  const parents = parentsOf(directory, project)
  const disabled = parents.find((parent) => !parent.enabled)
  if (disabled !== undefined) {
    return invalid(`cannot create a project in a branch containing a disabled project: ${disabled.id}`)
  }
  if (parents.length + 1 > Limits.projectDepthMax) {
    return forbidden(`Max hierarchy depth reached for ${project.parentId} branch.`)
  }
  return projectNameTaken(directory, project) ?? { edits: [{ kind: "project", put: project }], result: project }
}

export const updateProject = (directory: Directory, id: string, draft: Draft): Decided<Project> | Refusal => {
  const before = directory.get("project", id)
  if (before === undefined) return absent("project", id)
  const { fields } = draft
  if (fields["parent_id"] !== undefined && fields["parent_id"] !== before.parentId) {
    return forbidden("Update of `parent_id` is not allowed.")
  }
  if (fields["is_domain"] === true) return invalid("Update of `is_domain` is not allowed.")
  if (fields["domain_id"] !== undefined && fields["domain_id"] !== before.domainId) return invalid("Cannot change Domain ID")
  const project = changed(before, draft)
  if (before.enabled && !project.enabled && subtreeOf(directory, id).some((child) => child.enabled)) {
    return forbidden(`Cannot disable project ${id} since its subtree contains enabled projects.`)
  }
  if (!before.enabled && project.enabled && parentsOf(directory, project).some((parent) => !parent.enabled)) {
    return forbidden(`Cannot enable project ${id} since it has disabled parents`)
  }
  return guarded("project", before, fields) ?? projectNameTaken(directory, project) ??
    { edits: [{ kind: "project", put: project }], result: project }
}

export const removeProject = (directory: Directory, id: string): Decided<null> | Refusal => {
  const project = directory.get("project", id)
  if (project === undefined) return absent("project", id)
  if (isImmutable(project)) return immutable("delete", "project", id)
  if (childrenOf(directory, id).length > 0) {
    return forbidden(
      `Cannot delete the project ${id} since it is not a leaf in the hierarchy. ` +
        "Use the cascade option if you want to delete a whole subtree."
    )
  }
  return {
    edits: [...dropScope(directory, { kind: "project", id }), { kind: "project", remove: id }],
    result: null
  }
}
