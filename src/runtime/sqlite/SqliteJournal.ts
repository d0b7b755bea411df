/** The journal of one process in one SQLite file: durable when a commit returns, even through a loss of power. */
import { resolve } from "node:path"
import { Worker } from "node:worker_threads"
import { Clock, Effect, Layer, Schema } from "effect"
import { Journal } from "../kernel/Journal.ts"
import * as Listeners from "../kernel/Listeners.ts"
import type { OpenReason, Reply, WorkerData } from "./messages.ts"
import { Reader } from "./Reader.ts"
import { WriteQueue } from "./WriteQueue.ts"

export interface Options {
  readonly path: string
  /** The file grows no larger than this; what would make it is refused as if the disk were full. */
  readonly bytesMax?: number
}

/** The file cannot be used; `message` names it and the cure. */
export class JournalOpenError extends Schema.TaggedError<JournalOpenError>()("JournalOpenError", {
  path: Schema.String,
  reason: Schema.Literals(["locked", "unwritable", "full", "damaged", "newer", "foreign"]),
  message: Schema.String
}) {}

const messages: { readonly [reason in OpenReason]: (path: string, detail: string) => string } = {
  locked: (path) => `${path} is in use by another process: stop that one, or name another file`,
  unwritable: (path, detail) =>
    `${path} cannot be written (${detail}): make its folder, and let this user write there, or name another file`,
  full: (path) => `there is no space left to write ${path}: free some, or name a file on another disk`,
  damaged: (path, detail) =>
    `${path} is damaged or is no SQLite file (${detail}): restore it from a backup, or move it away to start empty`,
  newer: (path, detail) => `${path} was written by a newer release (${detail}): run that release, or name another file`,
  foreign: (path, detail) => `${path} belongs to something else (${detail}): name another file`
}

/** Beside this module in the sources; beside the bundle, as a bundle of its own, in a release. */
const workerUrl = import.meta.url.endsWith(".ts")
  ? new URL("./worker.ts", import.meta.url)
  : new URL(`./sqlite-worker${import.meta.url.endsWith(".mjs") ? ".mjs" : ".js"}`, import.meta.url)

const openError = (path: string, reason: OpenReason, detail: string) =>
  new JournalOpenError({ path, reason, message: messages[reason](path, detail) })

/** Starts the thread and waits until it holds the file. */
const start = (data: WorkerData): Effect.Effect<Worker, JournalOpenError> =>
  Effect.callback((resume) => {
    const worker = new Worker(workerUrl, { workerData: data, execArgv: [], name: "kilonova-journal" })
    const onError = (error: Error) => resume(Effect.fail(openError(data.path, "unwritable", error.message)))
    worker.once("error", onError)
    worker.once("message", (reply: Reply) => {
      worker.off("error", onError)
      resume(
        reply._tag === "Refused"
          ? Effect.fail(openError(data.path, reply.reason, reply.detail))
          : Effect.succeed(worker)
      )
    })
  })

/** Lets it finish its transaction, fold the log into the file and give the lock back. */
const stop = (worker: Worker): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (worker.threadId === -1) return resume(Effect.void)
    worker.once("exit", () => resume(Effect.void))
    worker.postMessage("close")
  })

const make = Effect.fnUntraced(function*(options: Options) {
  const path = options.path === ":memory:" ? options.path : resolve(options.path)
  if (path === ":memory:") return yield* openError(path, "unwritable", "a journal in memory is another layer")
  const clock = yield* Clock.Clock
  const listeners = Listeners.make()
  const worker = yield* Effect.acquireRelease(start({ path, bytesMax: options.bytesMax ?? null }), stop)
  const reader = yield* Effect.acquireRelease(
    Effect.try({ try: () => new Reader(path), catch: (error) => openError(path, "damaged", String(error)) }),
    (reader) => Effect.sync(() => reader.close())
  )
  const queue = yield* Effect.acquireRelease(
    Effect.sync(() => new WriteQueue(worker, clock, listeners)),
    (queue) => queue.drain
  )
  return Journal.of({
    acquire: (shard) => queue.acquire(shard),
    epochOf: (shard) => reader.epochOf(shard),
    // Its one process told every projection before it acknowledged.
    sync: Effect.void,
    commit: (commit) => queue.commit(commit),
    load: (stream) => reader.load(stream),
    scan: (type) => reader.scan(type),
    feed: (after) => reader.feed(after),
    project: listeners.add
  })
})

export const layer = (options: Options): Layer.Layer<Journal, JournalOpenError> =>
  Layer.effect(Journal, make(options))
