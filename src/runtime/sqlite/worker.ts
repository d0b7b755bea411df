/** The thread that owns the file: opens it, applies batches one after the other, and says what came of each. */
import { parentPort, workerData } from "node:worker_threads"
import type { Batch, Reply, WorkerData } from "./messages.ts"
import { codes, failureOf, open, sqliteCode } from "./schema.ts"
import { Writer } from "./Writer.ts"

const port = parentPort!
const post = (reply: Reply) => port.postMessage(reply)

/** After these the file is as it was before the batch; after any other (a failed write to disk) nobody knows. */
const isHarmless = (error: unknown): boolean =>
  [codes.busy, codes.locked, codes.full].includes(sqliteCode(error) ?? -1)

const apply = (writer: Writer, batch: Batch): Reply => {
  try {
    return { _tag: "Answers", answers: writer.run(batch) }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    try {
      writer.rollback()
      return { _tag: "Failed", detail, isLast: !isHarmless(error) }
    } catch {
      return { _tag: "Failed", detail, isLast: true }
    }
  }
}

const serve = (): void => {
  const { close, db } = open(workerData as WorkerData)
  const writer = new Writer(db)
  port.on("message", (message: Batch | "close") => {
    if (message !== "close") return post(apply(writer, message))
    close()
    port.close()
  })
  post({ _tag: "Opened" })
}

try {
  serve()
} catch (error) {
  const { message, reason } = failureOf(error)
  post({ _tag: "Refused", reason, detail: message })
}
