import { Effect, Result } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import type { Caller } from "../shared/Caller.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Image, ImageMember, MemberStatus } from "./Image.ts"
import type { ImageApi } from "./ImageApiProtocol.ts"
import { imageNotFound, ownsImage, seesImage } from "./imagePolicy.ts"
import type { ImageWriter } from "./ImageWriterService.ts"

const forbidden = (message: string): Refusal => refuse("forbidden", message, "Forbidden")
const onlyShared = forbidden("Only shared images have members.")
const memberNotFound = (id: string, memberId: string): Refusal =>
  refuse("notFound", `Member ${memberId} could not be found for image ${id}`, "NotFound")

const memberOf = (image: Image, memberId: string): ImageMember | undefined =>
  image.members.find((member) => member.memberId === memberId)

/** Owners add and remove members; members themselves accept or reject. */
export const make = (writer: ImageWriter): Pick<ImageApi["Service"], "members" | "addMember" | "setMember" | "removeMember"> => {
  const change = (
    caller: Caller,
    id: string,
    decide: (image: Image, now: string) => Result.Result<Image, Refusal>
  ) =>
    Effect.flatMap(writer.now, (now) =>
      writer.change(id, (image) =>
        !seesImage(caller, image)
          ? Result.fail(imageNotFound(id))
          : image.visibility === "shared"
          ? decide(image, now)
          : Result.fail(onlyShared)))

  const owned = (caller: Caller, image: Image, action: string): Refusal | undefined =>
    ownsImage(caller, image) ? undefined : forbidden(`You are not authorized to complete ${action} action.`)

  const answerOf = (memberId: string) => (image: Image | null) => memberOf(image!, memberId)!

  return {
    members: (caller, id) =>
      Effect.suspend(() => {
        const image = writer.find(id)
        if (image === undefined || !seesImage(caller, image)) return Effect.fail(imageNotFound(id))
        if (image.visibility !== "shared") return Effect.fail(onlyShared)
        return Effect.succeed(
          ownsImage(caller, image) ? image.members : image.members.filter((member) => member.memberId === caller.projectId)
        )
      }),
    addMember: (caller, id, memberId) =>
      change(caller, id, (image, now) => {
        const refusal = owned(caller, image, "add_member") ??
          (memberOf(image, memberId) === undefined
            ? undefined
            : refuse("conflict", `The target member ${memberId} is already associated with image ${id}.`, "Duplicate")) ??
          (image.members.length >= Limits.imageMembersMax
            ? refuse("tooLarge", `The limit has been exceeded on the number of allowed image members for this image. Attempted: ${image.members.length + 1}, Maximum: ${Limits.imageMembersMax}`, "LimitExceeded")
            : undefined)
        const member: ImageMember = { memberId, status: "pending", createdAt: now, updatedAt: now }
        return refusal === undefined ? Result.succeed({ ...image, members: [...image.members, member] }) : Result.fail(refusal)
      }).pipe(Effect.map(answerOf(memberId))),
    setMember: (caller, id, memberId, status: MemberStatus) =>
      change(caller, id, (image, now) => {
        if (memberOf(image, memberId) === undefined) return Result.fail(memberNotFound(id, memberId))
        if (!caller.isAdmin && caller.projectId !== memberId) {
          return Result.fail(forbidden("You are not authorized to complete modify_member action."))
        }
        return Result.succeed({
          ...image,
          members: image.members.map((member) => member.memberId === memberId ? { ...member, status, updatedAt: now } : member)
        })
      }).pipe(Effect.map(answerOf(memberId))),
    removeMember: (caller, id, memberId) =>
      change(caller, id, (image) => {
        const refusal = owned(caller, image, "delete_member") ??
          (memberOf(image, memberId) === undefined ? memberNotFound(id, memberId) : undefined)
        return refusal === undefined
          ? Result.succeed({ ...image, members: image.members.filter((member) => member.memberId !== memberId) })
          : Result.fail(refusal)
      }).pipe(Effect.asVoid)
  }
}
