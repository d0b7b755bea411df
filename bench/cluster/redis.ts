/** The store of a cluster under measurement: a Redis of its own, with the durability that is the default. */
import { createClient } from "redis"
import type { Clouds } from "../cloud.ts"
import type { Process } from "../process.ts"

export interface Redis extends Process {
  readonly url: string
  /** In MB (10⁶ bytes): all that it holds, and of it the feed, whose length has a limit. */
  readonly memoryMb: () => Promise<{ readonly all: number; readonly feed: number }>
  /** What it has sent and been sent, since its start. */
  readonly traffic: () => Promise<{ readonly bytesOut: number; readonly bytesIn: number }>
}

export const feedKey = "{kilonova:cell1}:feed"

export const numberIn = (info: string, name: string): number => {
  const found = new RegExp(`^${name}:(\\d+)\\r?$`, "m").exec(info)
  if (found === null) throw new Error(`Redis does not say ${name}`)
  return Number(found[1])
}

export const startRedis = async (clouds: Clouds): Promise<Redis> => {
  const port = await clouds.freePort()
  const folder = clouds.freshFolder()
  const process = clouds.launch([
    "redis-server", "--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "",
    "--appendonly", "yes", "--appendfsync", "always"
  ], { cwd: folder })
  await process.says(/Ready to accept connections/)
  const url = `redis://127.0.0.1:${port}`
  /** Over a connection for this alone. */
  const ask = async (...command: ReadonlyArray<string>): Promise<string> => {
    const client = createClient({ url })
    await client.connect()
    return String(await client.sendCommand(command).finally(() => client.close()) ?? 0)
  }
  return {
    ...process,
    url,
    memoryMb: async () => ({
      all: numberIn(await ask("INFO", "memory"), "used_memory") / 1e6,
      feed: Number(await ask("MEMORY", "USAGE", feedKey, "SAMPLES", "1000")) / 1e6
    }),
    traffic: async () => {
      const info = await ask("INFO", "stats")
      return { bytesOut: numberIn(info, "total_net_output_bytes"), bytesIn: numberIn(info, "total_net_input_bytes") }
    }
  }
}
