/** `/v3/domains` and `/v3/projects`, with their tags. */
import { Effect } from "effect"
import { attributes, faultOf } from "../../../actors/identity/attributes.ts"
import type { Directory, Project } from "../../../actors/identity/Directory.ts"
import {
  childrenOf, createDomain, createProject, parentsOf, removeDomain, removeProject, subtreeOf, updateDomain, updateProject
} from "../../../actors/identity/projects.ts"
import { absent, invalid } from "../../../actors/identity/refusals.ts"
import { type Asking, type IdentityRow, noContent, ok, orRefuse, param, row } from "./asking.ts"
import { isAsked, type View } from "./collection.ts"
import { permitted, type Resource, resourceRows } from "./resource.ts"
import { domainView, projectView } from "./views.ts"
import { isObject } from "../../../actors/shared/json.ts"

const domains: Resource<"domain"> = {
  kind: "domain",
  plural: "domains",
  filters: ["name", "enabled"],
  view: domainView,
  actions: {
    list: "list_domains", get: "get_domain", create: "create_domain", update: "update_domain", delete: "delete_domain"
  },
  targetOf: (domain) => ({ domainId: domain.id }),
  create: (now, fresh, draft) => createDomain(now, fresh.id, draft),
  update: updateDomain,
  remove: removeDomain
}

/** A tree as nested ids; a leaf is `null`. */
type Tree = { readonly [id: string]: Tree } | null
const subtreeIds = (directory: Directory, id: string): Tree => {
  const children = childrenOf(directory, id)
  return children.length === 0
    ? null
    : Object.fromEntries(children.map((child) => [child.id, subtreeIds(directory, child.id)]))
}
const parentIds = (directory: Directory, project: Project): Tree => {
  const ids = [...parentsOf(directory, project).map((parent) => parent.id), project.domainId]
  return ids.toReversed().reduce<Tree>((tree, id) => ({ [id]: tree }), null)
}

const family = (project: Project, { directory, exchange }: Asking): View => {
  const { base, query } = exchange
  const listed = (projects: ReadonlyArray<Project>) => projects.map((one) => ({ project: projectView(one, base) }))
  const forms: { readonly [name: string]: () => View } = {
    parents_as_ids: () => ({ parents: parentIds(directory, project) }),
    subtree_as_ids: () => ({ subtree: subtreeIds(directory, project.id) }),
    parents_as_list: () => ({ parents: listed(parentsOf(directory, project)) }),
    subtree_as_list: () => ({ subtree: listed(subtreeOf(directory, project.id)) })
  }
  return Object.assign({}, ...Object.keys(forms).filter((name) => isAsked(query, name)).map((name) => forms[name]!()))
}

const commas = (text: string | null) => text === null ? [] : text.split(",").filter((tag) => tag !== "")
/** Keystone's four tag filters: all of, any of, not all of, none of. */
const hasTags = ({ tags }: Project, query: URLSearchParams): boolean => {
  const has = (tag: string) => tags.includes(tag)
  const [all, any, notAll, none] = ["tags", "tags-any", "not-tags", "not-tags-any"].map((name) => commas(query.get(name)))
  return all!.every(has) && (any!.length === 0 || any!.some(has)) &&
    (notAll!.length === 0 || !notAll!.every(has)) && !none!.some(has)
}

const projects: Resource<"project"> = {
  kind: "project",
  plural: "projects",
  filters: ["name", "domain_id", "enabled", "parent_id", "is_domain"],
  view: projectView,
  actions: {
    list: "list_projects", get: "get_project", create: "create_project", update: "update_project", delete: "delete_project"
  },
  targetOf: (project) => ({ projectId: project.id, domainId: project.domainId }),
  isListed: (project, asking) => hasTags(project, asking.exchange.query),
  create: (now, fresh, draft, domainId) => createProject(now, fresh.id, draft, domainId),
  update: updateProject,
  remove: removeProject,
  detail: family
}

const tagsPath = "/v3/projects/:project_id/tags"
const tagRule = attributes.project.tags

/** Writes the tags that `next` makes of those there are. */
const retag = (asking: Asking, next: (tags: ReadonlyArray<string>) => ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const id = param(asking, "project_id")
    yield* permitted(projects, asking, "update_project_tags", id)
    return yield* asking.accounts.change((now) => {
      const tags = next(now.get("project", id)?.tags ?? [])
      return faultOf("tags", tags, tagRule) ?? updateProject(now, id, { fields: { tags }, extra: {} })
    })
  })

const tagged = (asking: Asking) => permitted(projects, asking, "list_project_tags", param(asking, "project_id"))
const hasTag = (asking: Asking, project: Project) =>
  orRefuse(project.tags.includes(param(asking, "tag")) ? undefined : absent("project tag", param(asking, "tag")))

const tagRows: ReadonlyArray<IdentityRow> = [
  row("GET", tagsPath, (asking) => Effect.map(tagged(asking), ({ tags }) => ok({ tags }))),
  row("PUT", tagsPath, (asking) =>
    Effect.gen(function*() {
      const body = asking.exchange.body
      const tags = isObject(body) ? body["tags"] : undefined
      if (tags === undefined) return yield* invalid("'tags' is a required property")
      const fault = faultOf("tags", tags, tagRule)
      if (fault !== undefined) return yield* fault
      const project = yield* retag(asking, () => tags as ReadonlyArray<string>)
      return ok({ tags: project.tags })
    })),
  row("DELETE", tagsPath, (asking) => Effect.as(retag(asking, () => []), noContent)),
  row("GET", `${tagsPath}/:tag`, (asking) =>
    Effect.as(Effect.flatMap(tagged(asking), (project) => hasTag(asking, project)), noContent)),
  row("PUT", `${tagsPath}/:tag`, (asking) =>
    Effect.as(
      retag(asking, (tags) => [...tags.filter((tag) => tag !== param(asking, "tag")), param(asking, "tag")]),
      { status: 201 }
    )),
  row("DELETE", `${tagsPath}/:tag`, (asking) =>
    Effect.gen(function*() {
      yield* hasTag(asking, yield* permitted(projects, asking, "update_project_tags", param(asking, "project_id")))
      yield* retag(asking, (tags) => tags.filter((tag) => tag !== param(asking, "tag")))
      return noContent
    }))
]

export const projectRows: ReadonlyArray<IdentityRow> = [...resourceRows(domains), ...resourceRows(projects), ...tagRows]
