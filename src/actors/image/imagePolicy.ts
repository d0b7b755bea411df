/** Who may see and change images, after Glance's default policies. */
import type { Caller } from "../shared/Caller.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Image, MemberStatus } from "./Image.ts"

export const ownsImage = (caller: Caller, image: Pick<Image, "owner">): boolean =>
  caller.isAdmin || (image.owner !== null && image.owner === caller.projectId)

const membership = (caller: Caller, image: Image) =>
  image.visibility === "shared" ? image.members.find((member) => member.memberId === caller.projectId) : undefined

/** Knowing its id is enough for public and community images. */
export const seesImage = (caller: Caller, image: Image): boolean =>
  image.visibility === "public" || image.visibility === "community" || ownsImage(caller, image) ||
  membership(caller, image) !== undefined

/**
 * Lists leave out what nobody asked for: other projects' community images, and shared ones the caller has not accepted.
 */
export const listsImage = (caller: Caller, image: Image, visibility: string | null, memberStatus: MemberStatus | "all"): boolean => {
  if (visibility !== null && visibility !== "all" && image.visibility !== visibility) return false
  if (image.visibility === "public" || ownsImage(caller, image)) return true
  if (image.visibility === "community") return visibility === "community" || visibility === "all"
  const member = membership(caller, image)
  return member !== undefined && (memberStatus === "all" || member.status === memberStatus)
}

export const imageNotFound = (id: string): Refusal => refuse("notFound", `No image found with ID ${id}`, "ImageNotFound")

const mayNot = (action: string): Refusal =>
  refuse("forbidden", `You are not authorized to complete ${action} action.`, "Forbidden")

/** Readers read; members write what their project owns. An image that cannot be seen is not there. */
export const changeRefusal = (caller: Caller, image: Image, action: string): Refusal | undefined => {
  if (!seesImage(caller, image)) return imageNotFound(image.id)
  return caller.isAdmin || (ownsImage(caller, image) && caller.roles.includes("member")) ? undefined : mayNot(action)
}

export const createRefusal = (caller: Caller, owner: string | null): Refusal | undefined => {
  if (caller.isAdmin) return undefined
  if (!caller.roles.includes("member")) return mayNot("add_image")
  return owner === caller.projectId
    ? undefined
    : refuse("forbidden", `You are not permitted to create images owned by '${owner}'.`, "Forbidden")
}

export const publicityRefusal = (caller: Caller, visibility: string): Refusal | undefined =>
  visibility === "public" && !caller.isAdmin ? mayNot("publicize_image") : undefined
