/** What Redis says of itself that decides how safe a cloud is in it. Looks, and changes nothing. */
import { Effect } from "effect"
import type { Info } from "./preflight.ts"
import { parseInfo } from "./preflight.ts"
import { text, texts } from "./replies.ts"
import { settingsOf } from "./settings.ts"
import type { Options } from "./settings.ts"
import { openMaster } from "./topology.ts"

/** `null`: it does not tell. */
export interface RedisFacts {
  readonly version: string | null
  readonly appendonly: boolean | null
  readonly appendfsync: string | null
  readonly maxmemoryPolicy: string | null
  readonly usedMemoryBytes: number | null
  readonly maxmemoryBytes: number | null
  readonly replicas: number | null
}

const numberOf = (info: Info, field: string): number | null => {
  const found = info.get(field)
  return found === undefined ? null : Number(found)
}

const factsOf = (info: Info, fsync: string | null): RedisFacts => ({
  version: info.get("redis_version") ?? null,
  appendonly: info.has("aof_enabled") ? info.get("aof_enabled") === "1" : null,
  appendfsync: fsync,
  maxmemoryPolicy: info.get("maxmemory_policy") ?? null,
  usedMemoryBytes: numberOf(info, "used_memory"),
  maxmemoryBytes: numberOf(info, "maxmemory"),
  replicas: numberOf(info, "connected_slaves")
})

/** Fails with a sentence. */
export const redisFacts = (options: Options) =>
  Effect.scoped(Effect.gen(function*() {
    const { commandMillis, site } = yield* settingsOf(options)
    const link = yield* openMaster(site, commandMillis)
    const [info] = yield* link.send([["INFO"]])
    const fsync = yield* link.send([["CONFIG", "GET", "appendfsync"]]).pipe(
      Effect.map(([found]) => texts(found)[1] ?? null),
      Effect.orElseSucceed(() => null)
    )
    return factsOf(parseInfo(text(info)), fsync)
  }))
