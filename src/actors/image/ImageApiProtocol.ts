import { Context } from "effect"
import type { Effect, Stream } from "effect"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Image, ImageMember, MemberStatus } from "./Image.ts"
import type { Described } from "./imageFields.ts"
import type { ImageChange } from "./imagePatch.ts"

export interface Download {
  readonly image: Image
  /** `null` while there are no bytes. */
  readonly read: ((offset: number, length: number) => Stream.Stream<Uint8Array, Refusal>) | null
}

/** Glance's own API, for its face. What the caller may not see is `notFound`. */
export class ImageApi extends Context.Service<ImageApi, {
  readonly list: (
    caller: Caller,
    visibility: string | null,
    memberStatus: MemberStatus | "all"
  ) => Effect.Effect<ReadonlyArray<Image>, Refusal>
  readonly get: (caller: Caller, id: string) => Effect.Effect<Image, Refusal>
  /** Whose the new image is when nobody says. */
  readonly create: (caller: Caller, id: string | null, described: Described) => Effect.Effect<Image, Refusal>
  readonly patch: (caller: Caller, id: string, changes: ReadonlyArray<ImageChange>) => Effect.Effect<Image, Refusal>
  readonly remove: (caller: Caller, id: string) => Effect.Effect<void, Refusal>
  readonly tag: (caller: Caller, id: string, tag: string, isWanted: boolean) => Effect.Effect<void, Refusal>
  /** Durable when it returns; refused or broken off, the image is queued again and no byte is left. */
  readonly upload: (caller: Caller, id: string, bytes: Stream.Stream<Uint8Array, Refusal>) => Effect.Effect<Image, Refusal>
  readonly download: (caller: Caller, id: string) => Effect.Effect<Download, Refusal>
  readonly setActive: (caller: Caller, id: string, isActive: boolean) => Effect.Effect<void, Refusal>
  readonly members: (caller: Caller, id: string) => Effect.Effect<ReadonlyArray<ImageMember>, Refusal>
  readonly addMember: (caller: Caller, id: string, memberId: string) => Effect.Effect<ImageMember, Refusal>
  readonly setMember: (caller: Caller, id: string, memberId: string, status: MemberStatus) => Effect.Effect<ImageMember, Refusal>
  readonly removeMember: (caller: Caller, id: string, memberId: string) => Effect.Effect<void, Refusal>
  /** A local file with the image's bytes. */
  readonly file: (id: string) => Effect.Effect<string, Refusal>
}>()("kilonova/actors/image/ImageApi") {}
