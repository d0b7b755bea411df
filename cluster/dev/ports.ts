import { randomInt } from "node:crypto"
import { createServer } from "node:net"

const attempt = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(null))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" ? address!.port : null))
    })
  })

/** Below the ports that outgoing connections take, so that none of those takes it before its process does. */
const anyPort = () => randomInt(10_000, 22_000)

/** The wanted port of loopback where it is free, else any free one; never one of `taken`, which it joins. */
export const freePort = async (wanted: number, taken: Set<number>): Promise<number> => {
  for (let candidate = wanted === 0 ? anyPort() : wanted;; candidate = anyPort()) {
    const found = taken.has(candidate) ? null : await attempt(candidate)
    if (found === null || taken.has(found)) continue
    taken.add(found)
    return found
  }
}

/** Whether nobody listens there. */
export const isFree = async (port: number): Promise<boolean> => (await attempt(port)) !== null
