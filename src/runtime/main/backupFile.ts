/**
 * A backup's file: gzip of lines of JSON. First who it is of; then streams as a scan found them and, between them, the
 * changes that came meanwhile, in their order: the last word on a stream is how it was at the backup's position. Then
 * epochs; at the end the counts and a checksum of all lines before.
 */
import { createHash } from "node:crypto"
import { createReadStream, createWriteStream, rmSync } from "node:fs"
import { open, rename } from "node:fs/promises"
import { finished } from "node:stream/promises"
import { createGunzip, createGzip } from "node:zlib"
import { Effect, Option, Schema, Stream } from "effect"
import type { Scope } from "effect"
import { cannotStart, StartError } from "./StartError.ts"

/** Of the file; grows when an older release would misread it. */
export const fileFormat = 1

const Header = Schema.Struct({
  kilonova: Schema.Literal("backup"),
  format: Schema.Int,
  release: Schema.String,
  cloudId: Schema.String,
  timeline: Schema.Int,
  startedAtMillis: Schema.Number
})
export type Header = typeof Header.Type

const Trailer = Schema.Struct({
  end: Schema.Literal(true),
  /** The streams are as they were here. */
  position: Schema.Int,
  scanned: Schema.Int,
  changes: Schema.Int,
  /** Of all lines before, hexadecimal. */
  sha256: Schema.String
})
export type Trailer = typeof Trailer.Type

/** What a stream was, at some position; `state: null`: it was removed. */
const Word = Schema.Struct({
  type: Schema.String,
  id: Schema.String,
  version: Schema.Int,
  pending: Schema.Boolean,
  state: Schema.NullOr(Schema.String)
})
export type Word = typeof Word.Type

const Epochs = Schema.Struct({ epochs: Schema.Record(Schema.String, Schema.Int) })

const Line = Schema.Union([Trailer, Epochs, Word])
export type Line = typeof Line.Type

const header = Schema.decodeUnknownOption(Header)
const line = Schema.decodeUnknownOption(Line)

export interface BackupWriter {
  readonly write: (lines: ReadonlyArray<Header | Word | typeof Epochs.Type>) => Effect.Effect<void, StartError>
  /** The file has its name when this returns, and is on the disk. */
  readonly end: (trailer: Omit<Trailer, "end" | "sha256">) => Effect.Effect<void, StartError>
}

const causeOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

/** Writes `<path>.part`, and gives it its name at the end; without an end nothing is left. */
export const makeWriter = (path: string): Effect.Effect<BackupWriter, never, Scope.Scope> =>
  Effect.gen(function*() {
    const part = `${path}.part`
    const gzip = createGzip()
    const sink = createWriteStream(part, { mode: 0o600 })
    let broken: unknown
    /** Whoever waits for the disk. */
    let wake = () => {}
    for (const stream of [gzip, sink]) stream.on("error", (error: unknown) => {
      broken ??= error
      gzip.destroy()
      sink.destroy()
    })
    for (const event of ["drain", "close"]) gzip.on(event, () => wake())
    gzip.pipe(sink)
    yield* Effect.addFinalizer(() => Effect.sync(() => {
      gzip.destroy()
      sink.destroy()
      rmSync(part, { force: true })
    }))
    const hash = createHash("sha256")
    const attempt = (act: () => Promise<void>) =>
      Effect.tryPromise({ try: act, catch: (cause) => cannotStart(`${part} cannot be written: ${causeOf(broken ?? cause)}`) })

    const put = async (text: string): Promise<void> => {
      if (broken !== undefined) throw broken
      if (gzip.write(text)) return
      await new Promise<void>((resolve) => { wake = resolve })
      if (broken !== undefined) throw broken
    }
    const textOf = (values: ReadonlyArray<object>): string => values.map((value) => `${JSON.stringify(value)}\n`).join("")
    return {
      write: (lines) =>
        attempt(() => {
          const text = textOf(lines)
          hash.update(text)
          return put(text)
        }),
      end: (counts) =>
        attempt(async () => {
          await put(textOf([{ end: true, ...counts, sha256: hash.digest("hex") }]))
          gzip.end()
          await finished(sink)
          const file = await open(part, "r")
          await file.sync().finally(() => file.close())
          await rename(part, path)
        })
    }
  })

async function* textLines(path: string): AsyncGenerator<string> {
  const gunzip = createGunzip()
  const source = createReadStream(path)
  source.on("error", (error) => gunzip.destroy(error))
  source.pipe(gunzip)
  try {
    let rest = ""
    for await (const chunk of gunzip.setEncoding("utf8")) {
      const parts = (rest + String(chunk)).split("\n")
      rest = parts.pop()!
      yield* parts
    }
    if (rest !== "") throw new Error("it is cut short")
  } finally {
    source.destroy()
  }
}

const damaged = (path: string, why: string): StartError => cannotStart(`${path} is no whole backup: ${why}`)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface Read {
  readonly header: Header
  readonly trailer: Trailer
}

type Part = { readonly words: ReadonlyArray<Word> } | { readonly epochs: Readonly<Record<string, number>> }

const wordsMax = 500

const headerOf = (path: string, value: unknown): Header => {
  const found = Option.getOrUndefined(header(value))
  if (found === undefined) throw damaged(path, "it does not begin as one")
  if (found.format === fileFormat) return found
  throw cannotStart(`${path} has format ${found.format}, and this release reads ${fileFormat}: use the release that wrote it (${found.release})`)
}

const lineOf = (path: string, text: string): Line => {
  const found = Option.getOrUndefined(line(parsed(text)))
  if (found === undefined) throw damaged(path, `a line of it cannot be read: ${text.slice(0, 80)}`)
  return found
}

/** Throws where the file is not whole; tells at the end what it was. */
async function* parts(path: string, tell: (read: Read) => void): AsyncGenerator<Part> {
  const hash = createHash("sha256")
  let head: Header | undefined
  let trailer: Trailer | undefined
  let words: Array<Word> = []
  for await (const text of textLines(path)) {
    if (trailer !== undefined) throw damaged(path, "something follows its end")
    const found: Header | Line = head === undefined ? head = headerOf(path, parsed(text)) : lineOf(path, text)
    if ("end" in found) {
      trailer = found
      continue
    }
    hash.update(`${text}\n`)
    if ("epochs" in found) yield { epochs: found.epochs }
    else if ("version" in found && words.push(found) >= wordsMax) {
      yield { words }
      words = []
    }
  }
  if (head === undefined || trailer === undefined) throw damaged(path, "it is cut short")
  if (hash.digest("hex") !== trailer.sha256) throw damaged(path, "its checksum is another: it was changed, or a disk has failed")
  yield { words }
  tell({ header: head, trailer })
}

/** Reads the file from end to end and checks all of it; `on` hears of it as it comes, in order. */
export const readBackup = (path: string, on: (part: Part) => Effect.Effect<void, StartError>): Effect.Effect<Read, StartError> => {
  let read: Read | undefined
  const told = Stream.fromAsyncIterable(
    parts(path, (found) => { read = found }),
    (cause) => cause instanceof StartError ? cause : damaged(path, causeOf(cause))
  )
  return Effect.flatMap(Stream.runForEach(told, on), () =>
    read === undefined ? Effect.fail(damaged(path, "it is cut short")) : Effect.succeed(read))
}
