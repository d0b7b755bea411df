/** What one connection of an agent may ask, in the order it may ask it. */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { type Context, Deferred, Effect, Stream } from "effect"
import type { Rpc, RpcGroup } from "effect/rpc"
import type { Images } from "../../actors/image/ImageProtocol.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { AgentGateway } from "./AgentGateway.ts"
import type { Attached } from "./attachment.ts"
import { type Claim, type FromRunner, AgentRefusal, AgentRpcs, type ImagePart, protocolVersion } from "./protocol.ts"
import { nonce } from "./proofs.ts"

export interface ConnectionOptions {
  readonly gateway: AgentGateway["Service"]
  readonly images: Images["Service"]
  readonly onAttached: () => void
}

interface Connection {
  readonly handlers: Context.Context<Rpc.ToHandler<RpcGroup.Rpcs<typeof AgentRpcs>>>
  /** Done with the first call: the websocket is open. */
  readonly opened: Deferred.Deferred<void>
  /** Done when the connection has to be closed, or is. */
  readonly closed: Deferred.Deferred<void>
}

const refused = (message: string) => Effect.fail(new AgentRefusal({ message }))
const notAttached = "This connection has attached no host: ask for a nonce with Hello, then Attach"

/** The pieces, and then what they add up to. */
const imageParts = (path: string): Stream.Stream<typeof ImagePart.Type, AgentRefusal> =>
  Stream.suspend(() => {
    const sha256 = createHash("sha256")
    const bytes = NodeStream.fromReadable<Uint8Array, AgentRefusal>({
      evaluate: () => createReadStream(path, { highWaterMark: Limits.agentImageChunkBytes }),
      onError: () => new AgentRefusal({ message: "The image cannot be read now" })
    })
    return bytes.pipe(
      Stream.rechunk(1),
      Stream.map((part) => {
        sha256.update(part)
        return { _tag: "Bytes" as const, bytes: part }
      }),
      Stream.concat(Stream.suspend(() => Stream.succeed({ _tag: "Whole" as const, sha256: sha256.digest("hex") })))
    )
  })

/** Closes a connection that attaches nothing, and one whose agent does not take its leave. */
const overdue = (attached: Deferred.Deferred<Attached>, closed: Deferred.Deferred<void>) =>
  Effect.gen(function*() {
    const found = yield* Effect.timeoutOrElse(Deferred.await(attached), {
      duration: Limits.agentHelloMillis, orElse: () => Effect.succeed(undefined)
    })
    if (found !== undefined) {
      yield* Deferred.await(found.ended)
      yield* Effect.sleep(Limits.agentDeadMillis)
    }
    yield* Deferred.succeed(closed, undefined)
  })

export const connection = Effect.fnUntraced(function*({ gateway, images, onAttached }: ConnectionOptions) {
  const closed = Deferred.makeUnsafe<void>()
  const opened = Deferred.makeUnsafe<void>()
  const attaching = Deferred.makeUnsafe<Attached>()
  let current: Attached | undefined
  let given: string | undefined
  let hellos = 0
  let isClaimed = false
  let reads = 0
  yield* Effect.forkScoped(overdue(attaching, closed))
  const close = Deferred.succeed(closed, undefined)

  /** An attachment that is over may say nothing more, whatever its connection still holds. */
  const live = (): Attached | undefined => current === undefined || Deferred.isDoneUnsafe(current.ended) ? undefined : current
  const whenAttached = <A>(use: (attached: Attached) => A): Effect.Effect<A, AgentRefusal> =>
    Effect.suspend(() => {
      const attached = live()
      return attached === undefined ? refused(notAttached) : Effect.succeed(use(attached))
    })

  const attach = (claim: Claim): Stream.Stream<FromRunner> =>
    Stream.unwrap(Effect.gen(function*() {
      // One claim for each connection: its nonce serves for nothing else.
      if (given === undefined || isClaimed) {
        const message = isClaimed ? "This connection has attached a host already: use another for another host" : notAttached
        return Stream.succeed<FromRunner>({ _tag: "Ended", reason: "handshake", message, controlUrl: null })
      }
      isClaimed = true
      const found = yield* gateway.attach(claim, given)
      if (found._tag === "Ended") return Stream.succeed<FromRunner>(found)
      current = found
      onAttached()
      Deferred.doneUnsafe(attaching, Effect.succeed(found))
      // One message a frame: many calls at once must not add up to more than a frame may hold.
      return Stream.fromQueue(found.messages).pipe(Stream.rechunk(1))
    })).pipe(Stream.ensuring(close))

  const imageBytes = (imageId: string): Stream.Stream<typeof ImagePart.Type, AgentRefusal> =>
    Stream.unwrap(Effect.gen(function*() {
      if (live()?.link.mayRead(imageId) !== true) return yield* refused(`No call to this host names image ${imageId}`)
      if (reads >= Limits.agentImageReadsMax) return yield* refused(`This host reads ${reads} images already`)
      yield* Effect.acquireRelease(Effect.sync(() => void reads++), () => Effect.sync(() => void reads--))
      const path = yield* Effect.mapError(images.file(imageId), ({ message }) => new AgentRefusal({ message }))
      return imageParts(path)
    }))

  const handlers = yield* AgentRpcs.toHandlers({
    Hello: () =>
      Effect.suspend(() => {
        hellos += 1
        Deferred.doneUnsafe(opened, Effect.void)
        if (hellos > Limits.agentHellosMax) return Effect.andThen(close, refused("Too many Hellos"))
        given = nonce()
        return Effect.succeed({ nonce: given, protocol: protocolVersion })
      }),
    Attach: (claim) => attach(claim),
    Answer: ({ answer, id }) => whenAttached((attached) => attached.link.answer(id, answer)),
    Saw: ({ events }) => whenAttached((attached) => attached.saw(events)),
    Pong: ({ number }) => whenAttached((attached) => attached.pong(number)),
    ImageBytes: ({ imageId }) => imageBytes(imageId)
  })
  const made: Connection = { handlers, opened, closed }
  return made
})
