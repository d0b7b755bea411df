/** Images as files on the hypervisor, fetched from the runner when a call first names them. */
import { createHash } from "node:crypto"
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises"
import { join } from "node:path"
import { Clock, Effect, Fiber, Schedule, Stream } from "effect"
import type { Scope } from "effect"
import type { RpcClientError } from "effect/rpc/RpcClientError"
import { Limits } from "../../runtime/Limits.ts"
import { type DomainSpec, DriverError, type ImageSource } from "../Driver.ts"
import { filesOf, withoutPaths } from "./images.ts"
import type { DriverCall, ImagePart } from "./protocol.ts"

/** The bytes as the runner sends them. */
export type ReadImage = (imageId: string) => Stream.Stream<typeof ImagePart.Type, DriverError | RpcClientError>

export interface ImageCache {
  /** The call with paths of this machine; the files stay while the scope is open. */
  readonly localize: (call: DriverCall, read: ReadImage) => Effect.Effect<DriverCall, DriverError, Scope.Scope>
}

const failed = (message: string, cause?: unknown) =>
  new DriverError({ operation: "image", message, isRetryable: true, ...(cause === undefined ? {} : { cause }) })

const file = <A>(what: string, action: () => Promise<A>): Effect.Effect<A, DriverError> =>
  Effect.tryPromise({ try: action, catch: (cause) => failed(what, cause) })

/** Ids and checksums come from elsewhere, and become names of files. */
const nameOf = (imageId: string, checksum: string | null): string =>
  createHash("sha256").update(JSON.stringify([imageId, checksum])).digest("hex")

const partial = ".part"

/** Writes what comes, and makes it `path` once both ends agree on all of it. */
const download = (
  path: string, imageId: string, checksum: string | null, parts: ReturnType<ReadImage>
): Effect.Effect<void, DriverError | RpcClientError> =>
  Effect.scoped(Effect.gen(function*() {
    const unfinished = `${path}${partial}`
    const broken = `Image ${imageId} cannot be kept`
    const handle = yield* Effect.acquireRelease(
      file(broken, () => open(unfinished, "w", 0o644)),
      (opened) => Effect.promise(() => opened.close().then(() => rm(unfinished, { force: true })))
    )
    const [md5, sha256] = [createHash("md5"), createHash("sha256")]
    let told: string | undefined
    yield* Stream.runForEach(parts, (part) => {
      if (part._tag === "Whole") {
        told = part.sha256
        return Effect.void
      }
      md5.update(part.bytes)
      sha256.update(part.bytes)
      return file(broken, () => handle.writeFile(part.bytes))
    })
    if (told !== sha256.digest("hex")) return yield* Effect.fail(failed(`Image ${imageId} did not arrive whole`))
    const found = md5.digest("hex")
    if (checksum !== null && found !== checksum) {
      return yield* Effect.fail(failed(`Image ${imageId} has checksum ${found}, and should have ${checksum}`))
    }
    yield* file(broken, () => handle.sync())
    yield* file(broken, () => rename(unfinished, path))
  }))

/** A lost connection is no answer: all of it again, once there is another. */
const patiently = (work: Effect.Effect<void, DriverError | RpcClientError>): Effect.Effect<void, DriverError> =>
  work.pipe(
    Effect.retry({ while: (error) => error._tag === "RpcClientError", schedule: Schedule.spaced(Limits.agentRetryMillisMin) }),
    Effect.catchTag("RpcClientError", (error) => Effect.fail(failed(error.message)))
  )

/** Removes all but the newest of those nobody uses. */
const evict = async (folder: string, isUsed: (name: string) => boolean): Promise<void> => {
  const names = (await readdir(folder)).filter((name) => !name.endsWith(partial) && !isUsed(name))
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })))
  const old = aged.toSorted((a, b) => b.at - a.at).slice(Limits.agentImagesMax)
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })))
}

export const makeImageCache = (folder: string): Effect.Effect<ImageCache, DriverError, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    yield* file(`${folder} cannot be written`, async () => {
      await mkdir(folder, { recursive: true, mode: 0o711 })
      const left = (await readdir(folder)).filter((name) => name.endsWith(partial))
      await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
    })
    const fetching = new Map<string, Fiber.Fiber<void, DriverError>>()
    const users = new Map<string, number>()

    const inUse = (name: string) =>
      Effect.acquireRelease(
        Effect.sync(() => void users.set(name, (users.get(name) ?? 0) + 1)),
        () => Effect.sync(() => {
          const left = (users.get(name) ?? 1) - 1
          if (left === 0) users.delete(name)
          else users.set(name, left)
        })
      )

    /** Whether it is there; if so, it was used now. */
    const touched = (path: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.promise(() => utimes(path, now / 1000, now / 1000).then(() => true, () => false)))

    /** Whoever asks while it is being fetched waits for the same bytes; who asked first may be gone by then. */
    const fetched = (name: string, fetch: Effect.Effect<void, DriverError>) =>
      Effect.gen(function*() {
        const path = join(folder, name)
        const under = fetching.get(name)
        if (under !== undefined) return yield* Fiber.join(under)
        if (yield* touched(path)) return
        const again = fetching.get(name)
        if (again !== undefined) return yield* Fiber.join(again)
        const makingRoom = file(folder, () => evict(folder, (other) => other === name || users.has(other)))
        const fiber = yield* Effect.forkIn(Effect.andThen(fetch, makingRoom), scope)
        fetching.set(name, fiber)
        fiber.addObserver(() => fetching.delete(name))
        yield* Fiber.join(fiber)
      })

    const imageHere = Effect.fnUntraced(function*(image: ImageSource, read: ReadImage) {
      const local: { -readonly [file in "path" | "kernelPath" | "ramdiskPath"]?: string } = {}
      for (const { file: field, imageId } of filesOf(image)) {
        const checksum = field === "path" ? image.checksum : null
        const name = nameOf(imageId, checksum)
        const path = join(folder, name)
        yield* inUse(name)
        yield* fetched(name, patiently(download(path, imageId, checksum, read(imageId))))
        local[field] = path
      }
      return { ...image, path: "", kernelPath: null, ramdiskPath: null, ...local }
    })

    const specHere = (spec: DomainSpec, read: ReadImage) =>
      spec.image === null ? Effect.succeed(spec) : Effect.map(imageHere(spec.image, read), (image): DomainSpec => ({ ...spec, image }))

    return {
      localize: (call, read) => {
        if (!("spec" in call)) return Effect.succeed(call)
        return call._tag === "spawn" || call._tag === "prepareMigration"
          ? Effect.map(specHere(call.spec, read), (spec) => ({ ...call, spec }))
          : Effect.succeed({ ...call, spec: withoutPaths(call.spec) })
      }
    } satisfies ImageCache
  })
