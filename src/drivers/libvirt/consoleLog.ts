/** The text a guest wrote to its serial line. */
import { open } from "node:fs/promises"
import { Effect } from "effect"
import { DriverError } from "../Driver.ts"
import { driverLimits } from "./driverLimits.ts"

const readTail = async (path: string, bytesMax: number): Promise<string> => {
  const handle = await open(path, "r")
  try {
    const { size } = await handle.stat()
    const length = Math.min(size, bytesMax)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString("utf8", 0, bytesRead)
  } finally {
    await handle.close()
  }
}

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"

/** The log's last part, at most `driverLimits.consoleBytesMax`; empty while there is none. */
export const readConsole = (path: string): Effect.Effect<string, DriverError> =>
  Effect.tryPromise({ try: () => readTail(path, driverLimits.consoleBytesMax), catch: (cause) => cause }).pipe(
    Effect.catch((cause) =>
      isMissing(cause)
        ? Effect.succeed("")
        : Effect.fail(
          new DriverError({ operation: "consoleLog", message: "the log cannot be read", isRetryable: true, cause })
        )
    )
  )
