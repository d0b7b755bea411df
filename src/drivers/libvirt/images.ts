/**
 * Disks of guests. Every guest has a folder of its own, and everything it needs on disk is in there, so that removing
 * the folder removes all of it.
 *
 * An image is flattened once into `_base` and hard-linked into each guest's folder, where the guest's disk is a thin
 * layer above the link. A base that only `_base` still holds is removed; the file system does the counting.
 */
import { constants } from "node:fs"
import { access, copyFile, link, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { Effect, Schema, Semaphore } from "effect"
import { DriverError, type DomainSpec, type ImageSource } from "../Driver.ts"
import { driverLimits } from "./driverLimits.ts"
import type { GuestDisk, GuestSettings } from "./domainXml.ts"
import { run } from "./process.ts"

const bytesPerGb = 1_073_741_824

const consoleName = "console.log"
const expectedName = ".expected"
const baseFolder = (folder: string): string => join(folder, "_base")

const failed = (isRetryable: boolean) => (cause: unknown): DriverError =>
  new DriverError({
    operation: "images", message: cause instanceof Error ? cause.message : String(cause), isRetryable, cause
  })

const file = <A>(action: () => Promise<A>): Effect.Effect<A, DriverError> =>
  Effect.tryPromise({ try: action, catch: failed(true) })

const exists = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() => access(path).then(() => true, () => false))

const qemuImg = (...args: ReadonlyArray<string>): Effect.Effect<string, DriverError> =>
  run("qemu-img", args, { timeoutMillis: driverLimits.imageMillisMax }).pipe(Effect.mapError(failed(true)))

const ImageInfo = Schema.fromJsonString(Schema.Struct({
  "virtual-size": Schema.Finite,
  format: Schema.String,
  "backing-filename": Schema.optionalKey(Schema.String),
  "format-specific": Schema.optionalKey(Schema.Struct({
    data: Schema.optionalKey(Schema.Struct({
      "data-file": Schema.optionalKey(Schema.String),
      "create-type": Schema.optionalKey(Schema.String)
    }))
  }))
}))

const formats: { readonly [glance: string]: string } = {
  qcow2: "qcow2", raw: "raw", iso: "raw", ami: "raw", aki: "raw", ari: "raw", vmdk: "vmdk", vdi: "vdi", vhd: "vpc", vhdx: "vhdx"
}

/** Other kinds of VMDK name extents by path. */
const selfContainedVmdks = ["monolithicSparse", "streamOptimized"]

/**
 * Looks at an image as the format it claims; the format is never guessed from content a user chose.
 * An image that refers to other files would let its owner read the host's, so it is refused.
 */
const inspect = (image: ImageSource): Effect.Effect<{ readonly format: string; readonly virtualBytes: number }, DriverError> =>
  Effect.gen(function*() {
    const format = formats[image.diskFormat]
    if (format === undefined) {
      return yield* failed(false)(`image ${image.id}: disk format ${image.diskFormat} is not supported`)
    }
    const text = yield* run(
      "qemu-img",
      ["info", "--output=json", "-f", format, image.path],
      { timeoutMillis: driverLimits.inspectMillisMax }
    ).pipe(
      // What the program says names paths of this host, and the message is for the image's user.
      Effect.tapError((error) => Effect.logWarning(`Image ${image.id} cannot be read`, error)),
      Effect.mapError(() => failed(false)(`image ${image.id} is not a readable ${image.diskFormat} image`))
    )
    const info = yield* Schema.decodeUnknownEffect(ImageInfo)(text).pipe(Effect.mapError(failed(false)))
    const details = info["format-specific"]?.data
    const vmdkType = details?.["create-type"]
    if (
      info["backing-filename"] !== undefined || details?.["data-file"] !== undefined
      || (vmdkType !== undefined && !selfContainedVmdks.includes(vmdkType))
    ) {
      return yield* failed(false)(`image ${image.id} refers to other files and is not acceptable`)
    }
    return { format, virtualBytes: info["virtual-size"] }
  })

/** Makes `path` by making `path.part` first: a file that is there is whole. */
const whole = (path: string, make: (part: string) => Effect.Effect<unknown, DriverError>) =>
  Effect.gen(function*() {
    if (yield* exists(path)) return
    const part = `${path}.part`
    yield* file(() => rm(part, { force: true }))
    yield* make(part)
    yield* file(() => rename(part, path))
  })

/** The flattened image, linked into the guest's folder. One at a time: see `makeDisks`. */
const ensureBase = (folder: string, image: ImageSource, guest: string, format: string) =>
  Effect.gen(function*() {
    const linked = join(guest, "base.qcow2")
    if (yield* exists(linked)) return linked
    const name = `${image.checksum ?? image.id}.qcow2`.replaceAll("/", "_")
    const base = join(baseFolder(folder), name)
    yield* file(() => mkdir(baseFolder(folder), { recursive: true, mode: 0o711 }))
    yield* whole(base, (part) => qemuImg("convert", "-f", format, "-O", "qcow2", image.path, part))
    yield* file(() => link(base, linked))
    return linked
  })

const rootDisk = (
  folder: string, baseLock: Semaphore.Semaphore, spec: DomainSpec, guest: string
): Effect.Effect<ReadonlyArray<GuestDisk>, DriverError> =>
  Effect.gen(function*() {
    const path = join(guest, "disk.qcow2")
    const root: GuestDisk = { path, format: "qcow2", device: "disk" }
    const { image } = spec
    const iso = join(guest, "cdrom.iso")
    const blank = whole(path, (part) => qemuImg("create", "-q", "-f", "qcow2", part, `${Math.max(1, spec.rootGb)}G`))
    // What was made once needs its image no more, which may be gone.
    if (yield* exists(path)) return (yield* exists(iso)) ? [root, { path: iso, format: "raw", device: "cdrom" }] : [root]
    if (image === null || image.path === "") {
      yield* blank
      return [root]
    }
    if (image.diskFormat === "iso") {
      yield* inspect(image)
      yield* whole(iso, (part) => file(() => copyFile(image.path, part, constants.COPYFILE_FICLONE)))
      yield* blank
      return [root, { path: iso, format: "raw", device: "cdrom" }]
    }
    const { format, virtualBytes } = yield* inspect(image)
    const rootBytes = spec.rootGb * bytesPerGb
    if (spec.rootGb > 0 && virtualBytes > rootBytes) {
      return yield* failed(false)(
        `the image needs ${Math.ceil(virtualBytes / bytesPerGb)} GB, the flavor's root disk has ${spec.rootGb} GB`
      )
    }
    const base = yield* Semaphore.withPermit(baseLock, ensureBase(folder, image, guest, format))
    yield* whole(path, (part) =>
      qemuImg("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, part, String(Math.max(rootBytes, virtualBytes))))
    return [root]
  })

const rawDisk = (path: string, bytes: number, format: (part: string) => ReadonlyArray<string>) =>
  Effect.gen(function*() {
    yield* whole(path, (part) =>
      Effect.gen(function*() {
        yield* qemuImg("create", "-q", "-f", "raw", part, String(bytes))
        const [program = "", ...args] = format(part)
        yield* run(program, args, { timeoutMillis: driverLimits.imageMillisMax }).pipe(Effect.mapError(failed(true)))
      }))
    return { path, format: "raw", device: "disk" } satisfies GuestDisk
  })

const copied = (from: string | null, to: string) =>
  Effect.gen(function*() {
    if (from !== null) yield* whole(to, (part) => file(() => copyFile(from, part, constants.COPYFILE_FICLONE)))
    return (yield* exists(to)) ? to : null
  })

/** What a guest's files are called, for its description. */
export type GuestFiles = Pick<GuestSettings, "disks" | "kernel" | "consoleLog">

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** An id becomes a path that is written and removed: it has to be one of ours, whoever sent it. */
const checked = (id: string): Effect.Effect<void, DriverError> =>
  uuidPattern.test(id) ? Effect.void : Effect.fail(failed(false)(`"${id}" is not the id of a server`))

const prepare = (folder: string, baseLock: Semaphore.Semaphore, spec: DomainSpec): Effect.Effect<GuestFiles, DriverError> =>
  Effect.gen(function*() {
    const guest = join(folder, spec.id)
    yield* file(() => mkdir(guest, { recursive: true, mode: 0o711 }))
    const disks: Array<GuestDisk> = [...(yield* rootDisk(folder, baseLock, spec, guest))]
    if (spec.ephemeralGb > 0) {
      disks.push(yield* rawDisk(join(guest, "ephemeral.raw"), spec.ephemeralGb * bytesPerGb, (part) =>
        ["mkfs.ext4", "-q", "-F", "-L", "ephemeral0", part]))
    }
    if (spec.swapMb > 0) {
      disks.push(yield* rawDisk(join(guest, "swap.raw"), spec.swapMb * 1_048_576, (part) => ["mkswap", part]))
    }
    const kernel = yield* copied(spec.image?.kernelPath ?? null, join(guest, "kernel"))
    const ramdisk = yield* copied(spec.image?.ramdiskPath ?? null, join(guest, "ramdisk"))
    return {
      disks,
      kernel: kernel === null ? null : { path: kernel, ramdisk },
      consoleLog: join(guest, consoleName)
    }
  })

/** Bases that no guest links to any more, and what a crash left of one in the making. */
const prune = async (folder: string): Promise<void> => {
  for (const name of await readdir(baseFolder(folder)).catch(() => [])) {
    const path = join(baseFolder(folder), name)
    const found = await stat(path).catch(() => undefined)
    if (found?.nlink === 1) await rm(path, { force: true })
  }
}

export interface Disks {
  /** Makes whatever of a guest's files is missing. */
  readonly prepare: (spec: DomainSpec) => Effect.Effect<GuestFiles, DriverError>
  /** Whether the guest has a root disk here: without one, starting it would mean starting another. */
  readonly hasDisk: (id: string) => Effect.Effect<boolean>
  /** Removes a guest's files, and base images nobody uses any more. */
  readonly remove: (id: string) => Effect.Effect<void, DriverError>
  readonly folderOf: (id: string) => string
  /** A guest that has no files here is to come; until it `arrived`, its files here are nobody's. */
  readonly expect: (id: string) => Effect.Effect<void, DriverError>
  readonly isExpected: (id: string) => Effect.Effect<boolean>
  readonly arrived: (id: string) => Effect.Effect<void, DriverError>
  /** Puts an empty file beside the guest's; and whether one of this name is there. */
  readonly sign: (id: string, token: string) => Effect.Effect<void, DriverError>
  readonly isSigned: (id: string, token: string) => Effect.Effect<boolean>
  /** Servers that have files here. */
  readonly ids: Effect.Effect<ReadonlySet<string>, DriverError>
  readonly consoleLog: (id: string) => string
}

/** The disks below one folder. Making and pruning bases take turns, so that none vanishes before it is linked. */
export const makeDisks = (folder: string): Effect.Effect<Disks, DriverError> =>
  Effect.gen(function*() {
    yield* file(() => mkdir(folder, { recursive: true, mode: 0o711 }))
    const baseLock = yield* Semaphore.make(1)
    return {
      prepare: (spec) => Effect.andThen(checked(spec.id), prepare(folder, baseLock, spec)),
      hasDisk: (id) => exists(join(folder, id, "disk.qcow2")),
      folderOf: (id) => join(folder, id),
      expect: (id) =>
        Effect.andThen(checked(id), file(async () => {
          await mkdir(join(folder, id), { recursive: true, mode: 0o711 })
          await writeFile(join(folder, id, expectedName), "")
        })),
      isExpected: (id) => exists(join(folder, id, expectedName)),
      arrived: (id) => Effect.andThen(checked(id), file(() => rm(join(folder, id, expectedName), { force: true }))),
      sign: (id, token) => Effect.andThen(checked(id), file(() => writeFile(join(folder, id, basename(token)), ""))),
      isSigned: (id, token) => exists(join(folder, id, basename(token))),
      remove: (id) =>
        checked(id).pipe(
          Effect.andThen(file(() => rm(join(folder, id), { recursive: true, force: true }))),
          Effect.andThen(Semaphore.withPermit(baseLock, file(() => prune(folder))))
        ),
      ids: file(async () => new Set((await readdir(folder)).filter((name) => uuidPattern.test(name)))),
      consoleLog: (id) => join(folder, id, consoleName)
    }
  })
