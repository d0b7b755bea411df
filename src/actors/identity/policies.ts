/** Who may do what: Keystone's default policies as one table. An action is allowed when any of its rules says so. */
import type { Refusal } from "../shared/Refusal.ts"
import { forbiddenAction } from "./refusals.ts"
import type { Standing } from "./standing.ts"

/** What the action is about, as far as rules look at it. */
export interface Target {
  readonly userId?: string | undefined
  readonly projectId?: string | undefined
  readonly domainId?: string | null | undefined
  /** Of a grant: the domains of actor and scope. */
  readonly domainIds?: ReadonlyArray<string | undefined>
  readonly roleName?: string | undefined
}
type Rule = (standing: Standing, target: Target) => boolean

const has = (standing: Standing, role: string) => standing.roles.some(({ name }) => name === role)
const scopedTo = (standing: Standing, kind: string) => standing.claims.scope?.kind === kind
const inDomain = (standing: Standing, domainId: string | null | undefined) =>
  scopedTo(standing, "domain") && standing.scopeDomain?.id === domainId

const admin: Rule = (standing) => has(standing, "admin")
const anyone: Rule = () => true
const systemReader: Rule = (standing) => scopedTo(standing, "system") && has(standing, "reader")
const domainReader: Rule = (standing, target) => has(standing, "reader") && inDomain(standing, target.domainId)
const domainManager: Rule = (standing, target) => has(standing, "manager") && inDomain(standing, target.domainId)
const domainGrantReader: Rule = (standing, target) =>
  has(standing, "reader") && target.domainIds?.every((id) => inDomain(standing, id)) === true
/** A domain's manager hands out the lesser roles within the domain. */
const domainGrantManager: Rule = (standing, target) =>
  has(standing, "manager") && ["manager", "member", "reader"].includes(target.roleName ?? "") &&
  target.domainIds?.every((id) => inDomain(standing, id)) === true
const managerAnywhere: Rule = (standing) => has(standing, "manager") && scopedTo(standing, "domain")
const owner: Rule = (standing, target) => standing.user.id === target.userId
const projectUser: Rule = (standing, target) =>
  standing.project !== null && standing.project.id === target.projectId
const domainUser: Rule = (standing, target) =>
  standing.scopeDomain !== null && standing.scopeDomain.id === target.domainId
const service: Rule = (standing) => has(standing, "service")

const read = [admin, systemReader]
const manage = [admin, domainManager]

export const policies = {
  validate_token: [admin, systemReader, service, owner],
  check_token: [admin, systemReader, owner],
  revoke_token: [admin, owner],
  get_auth_catalog: [anyone],

  list_domains: [...read, domainReader],
  get_domain: [...read, domainUser],
  create_domain: [admin],
  update_domain: [admin],
  delete_domain: [admin],

  list_projects: [...read, domainReader],
  list_user_projects: [...read, domainReader, owner],
  get_project: [...read, domainReader, projectUser],
  create_project: manage,
  update_project: manage,
  delete_project: manage,
  list_project_tags: [...read, domainReader, projectUser],
  update_project_tags: manage,

  list_users: [...read, domainReader],
  get_user: [...read, domainReader, owner],
  create_user: manage,
  update_user: manage,
  delete_user: manage,

  list_groups: [...read, domainReader],
  list_groups_for_user: [...read, domainReader, owner],
  get_group: [...read, domainReader],
  create_group: manage,
  update_group: manage,
  delete_group: manage,
  list_users_in_group: [...read, domainReader],
  check_user_in_group: [...read, domainReader],
  add_user_to_group: manage,
  remove_user_from_group: manage,

  list_roles: [...read, managerAnywhere],
  get_role: [...read, managerAnywhere],
  create_role: [admin],
  update_role: [admin],
  delete_role: [admin],
  list_implied_roles: read,
  get_implied_role: read,
  create_implied_role: [admin],
  delete_implied_role: [admin],
  list_role_inference_rules: read,

  list_role_assignments: [...read, domainReader],
  list_grants: [...read, domainGrantReader],
  check_grant: [...read, domainGrantReader],
  create_grant: [admin, domainGrantManager],
  revoke_grant: [admin, domainGrantManager],
  list_system_grants_for_user: read,
  create_system_grant_for_user: [admin],
  revoke_system_grant_for_user: [admin],

  list_application_credentials: [...read, owner],
  get_application_credential: [...read, owner],
  create_application_credential: [owner],
  delete_application_credential: [admin, owner],
  list_access_rules: [...read, owner],

  list_services: read,
  list_endpoints: read,
  list_regions: [anyone]
} as const satisfies { readonly [action: string]: ReadonlyArray<Rule> }
export type Action = keyof typeof policies

/** `undefined` when allowed. */
export const enforce = (action: Action, standing: Standing, target: Target = {}): Refusal | undefined =>
  policies[action].some((rule) => rule(standing, target)) ? undefined : forbiddenAction(`identity:${action}`)
