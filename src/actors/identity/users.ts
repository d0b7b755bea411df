/** Users and the groups they are in. Passwords arrive here as hashes. */
import { isRefusal, type Refusal, refuse } from "../shared/Refusal.ts"
import { type Draft, mergeOptions } from "./attributes.ts"
import { type Decided, type Directory, type Edit, type Group, nameKey, type User } from "./Directory.ts"
import { dropActor } from "./grants.ts"
import { absent, duplicate, invalid } from "./refusals.ts"

/** `undefined`: the draft has no password; `null`: it takes the password away. */
export type PasswordChange = string | null | undefined

const taken = (directory: Directory, kind: "user" | "group", record: User | Group): Refusal | undefined => {
  const holder = directory.named(kind, nameKey(record.domainId, record.name))
  return holder === undefined || holder.id === record.id
    ? undefined
    : duplicate(kind, `Duplicate entry found with name ${record.name} at domain ID ${record.domainId}`)
}

const keepsDomain = (draft: Draft, record: { readonly domainId: string }): Refusal | undefined => {
  const domainId = draft.fields["domain_id"]
  return domainId === undefined || domainId === null || domainId === record.domainId
    ? undefined
    : invalid("Cannot change Domain ID")
}

const domainFor = (directory: Directory, draft: Draft, otherwise: string): string | Refusal => {
  const id = (draft.fields["domain_id"] ?? otherwise) as string
  return directory.get("domain", id) === undefined ? absent("domain", id) : id
}

const changedUser = (user: User, { extra, fields }: Draft, passwordHash: PasswordChange): User => {
  const enabled = (fields["enabled"] ?? user.enabled) as boolean
  const endsTokens = passwordHash !== undefined || (user.enabled && !enabled)
  return {
    ...user,
    name: (fields["name"] ?? user.name) as string,
    description: (fields["description"] === undefined ? user.description : fields["description"]) as string | null,
    defaultProjectId:
      (fields["default_project_id"] === undefined ? user.defaultProjectId : fields["default_project_id"]) as string | null,
    enabled,
    options: mergeOptions(user.options, fields["options"]),
    extra: { ...user.extra, ...extra },
    passwordHash: passwordHash === undefined ? user.passwordHash : passwordHash,
    epoch: endsTokens ? user.epoch + 1 : user.epoch
  }
}

export const createUser = (
  directory: Directory,
  id: string,
  draft: Draft,
  defaultDomainId: string,
  passwordHash: string | null
): Decided<User> | Refusal => {
  const domainId = domainFor(directory, draft, defaultDomainId)
  if (isRefusal(domainId)) return domainId
  const defaultProjectId = draft.fields["default_project_id"]
  if (typeof defaultProjectId === "string" && directory.get("domain", defaultProjectId) !== undefined) {
    return invalid("User's default project ID cannot be a domain ID: " + defaultProjectId)
  }
  const user = changedUser(
    {
      id, domainId, name: "", description: null, defaultProjectId: null, enabled: true, options: {}, extra: {},
      passwordHash, epoch: 0, groupIds: []
    },
    draft,
    undefined
  )
  return taken(directory, "user", user) ?? { edits: [{ kind: "user", put: { ...user, epoch: 0 } }], result: user }
}

export const updateUser = (
  directory: Directory,
  id: string,
  draft: Draft,
  passwordHash: PasswordChange
): Decided<User> | Refusal => {
  const before = directory.get("user", id)
  if (before === undefined) return absent("user", id)
  const user = changedUser(before, draft, passwordHash)
  return keepsDomain(draft, before) ?? taken(directory, "user", user) ?? { edits: [{ kind: "user", put: user }], result: user }
}

export const removeUser = (directory: Directory, id: string): Decided<null> | Refusal =>
  directory.get("user", id) === undefined
    ? absent("user", id)
    : { edits: [...dropActor(directory, { kind: "user", id }), { kind: "user", remove: id }], result: null }

/** May the owner change this password? The right old password was checked before. */
export const changePassword = (
  directory: Directory,
  id: string,
  hashBefore: string | null,
  passwordHash: string
): Decided<null> | Refusal => {
  const user = directory.get("user", id)
  // Somebody changed it while we were checking: what was proved is proved no longer.
  if (user === undefined || user.passwordHash !== hashBefore) return refuse("conflict", "The password was changed by another request.")
  return user.options["lock_password"] === true
    ? invalid("You cannot change your password at this time due to password policy disallowing password changes.")
    : { edits: [{ kind: "user", put: { ...user, passwordHash, epoch: user.epoch + 1 } }], result: null }
}

const changedGroup = (group: Group, { extra, fields }: Draft): Group => ({
  ...group,
  name: (fields["name"] ?? group.name) as string,
  description: (fields["description"] ?? group.description) as string,
  extra: { ...group.extra, ...extra }
})

export const createGroup = (
  directory: Directory,
  id: string,
  draft: Draft,
  defaultDomainId: string
): Decided<Group> | Refusal => {
  const domainId = domainFor(directory, draft, defaultDomainId)
  if (isRefusal(domainId)) return domainId
  const group = changedGroup({ id, domainId, name: "", description: "", extra: {} }, draft)
  return taken(directory, "group", group) ?? { edits: [{ kind: "group", put: group }], result: group }
}

export const updateGroup = (directory: Directory, id: string, draft: Draft): Decided<Group> | Refusal => {
  const before = directory.get("group", id)
  if (before === undefined) return absent("group", id)
  const group = changedGroup(before, draft)
  return keepsDomain(draft, before) ?? taken(directory, "group", group) ??
    { edits: [{ kind: "group", put: group }], result: group }
}

export const membersOf = (directory: Directory, groupId: string): ReadonlyArray<User> =>
  [...directory.all("user")].filter((user) => user.groupIds.includes(groupId))

export const removeGroup = (directory: Directory, id: string): Decided<null> | Refusal =>
  directory.get("group", id) === undefined ? absent("group", id) : {
    edits: [
      ...dropActor(directory, { kind: "group", id }),
      ...membersOf(directory, id).map((user): Edit => ({
        kind: "user",
        put: { ...user, groupIds: user.groupIds.filter((groupId) => groupId !== id) }
      })),
      { kind: "group", remove: id }
    ],
    result: null
  }

const notMember = (userId: string, groupId: string) =>
  refuse("notFound", `User '${userId}' not found in group '${groupId}'`)

export const checkMember = (directory: Directory, groupId: string, userId: string): Refusal | undefined => {
  const user = directory.get("user", userId)
  if (user === undefined) return absent("user", userId)
  if (directory.get("group", groupId) === undefined) return absent("group", groupId)
  return user.groupIds.includes(groupId) ? undefined : notMember(userId, groupId)
}

export const setMember = (directory: Directory, groupId: string, userId: string, isMember: boolean): Decided<null> | Refusal => {
  const refusal = checkMember(directory, groupId, userId)
  const user = directory.get("user", userId)
  if (user === undefined || directory.get("group", groupId) === undefined) return refusal!
  if (isMember === user.groupIds.includes(groupId)) return isMember ? { edits: [], result: null } : refusal!
  const others = user.groupIds.filter((id) => id !== groupId)
  return { edits: [{ kind: "user", put: { ...user, groupIds: isMember ? [...others, groupId] : others } }], result: null }
}
