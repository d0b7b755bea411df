/**
 * What is known of a request whose answer will not come, and whether it may be sent again. Rules.
 *
 * A runner that ends closes its connections, and the system tells by how it does: one with bytes that the runner had not
 * read is reset, one whose bytes it had read is ended. So after a reset nothing can have come of the request; after an
 * end the runner may have carried it out.
 */

/** `unsent`: no connection. `unread`: reset, its end was never read. `unknown`: it may have been carried out. */
export type Loss = "unsent" | "unread" | "unknown"

/** Node calls an orderly end ECONNRESET too; what the system itself reported names the system's call. */
export const lossOf = (error: NodeJS.ErrnoException, isConnected: boolean): Loss => {
  if (!isConnected) return "unsent"
  const isReset = error.syscall !== undefined && (error.code === "ECONNRESET" || error.code === "EPIPE")
  return isReset ? "unread" : "unknown"
}

const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

/** Reading twice does no harm. */
export const isSafe = (method: string): boolean => safe.has(method)

/** `isKept`: the whole body is at hand. Of a streamed one, nothing is sent before there is a connection. */
export const mayRepeat = (loss: Loss, method: string, isKept: boolean): boolean =>
  loss === "unsent" || (isKept && (loss === "unread" || isSafe(method)))
