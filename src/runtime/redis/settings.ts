/** What an operator may choose, and what follows from it. */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { Limits } from "../Limits.ts"
import { parseAddress } from "./address.ts"
import { keysOf } from "./keys.ts"
import type { Needs } from "./openStore.ts"
import type { Durability } from "./preflight.ts"
import { refusal } from "./RedisOpenError.ts"
import type { Site } from "./topology.ts"

export interface Options {
  /**
   * `redis://host:6379` (`/1` behind it for another database), `redis+sentinel://host:26379,host:26379/master`,
   * `redis+cluster://host:6379,host:6379`; with `rediss` instead of `redis`, over TLS. A user and a password may stand
   * before the hosts, `user:password@`.
   */
  readonly url: string
  /** Of the store, for several in one Redis. Default `kilonova:cell1`. */
  readonly name?: string
  /** Instead of those in the URL. */
  readonly username?: string
  readonly password?: string
  /** What the sentinels ask for, where they do. */
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
  /** Certificates (PEM) that vouch for the servers' own; without it, those that Node trusts. */
  readonly tlsCaFile?: string
  /** Entries of the feed that are kept, about. Default `Limits.historyEntries`. */
  readonly history?: number
  /**
   * `always` (default): what is acknowledged is on the disk. `everysec`: a loss of power may cost a second. `replica`:
   * as `everysec`, and `replicas` of the replicas have it in memory.
   */
  readonly durability?: Durability
  /** How many replicas must have a commit before it is acknowledged, for the durability `replica`. Default 1. */
  readonly replicas?: number
  /** `false`: for a cloud that may be lost, whatever Redis writes to the disk. Default `true`. */
  readonly requirePersistence?: boolean
  /** Goes on with a store that has lost commits, on a new timeline. For one start of one process. */
  readonly acceptLoss?: boolean
  /** How long a command may take before the connection is given up. Default `Limits.redisCommandMillis`. */
  readonly commandMillis?: number
}

const loginOf = (options: Options, username: string | null, password: string | null, isTls: boolean, database: number) =>
  Effect.map(
    Effect.try({
      try: () => isTls ? { ca: options.tlsCaFile === undefined ? null : readFileSync(options.tlsCaFile, "utf8") } : null,
      catch: (error) => refusal("address", `the file of tlsCaFile cannot be read (${String(error)}): name one of PEM certificates`)
    }),
    (tls) => ({ username, password, database, tls })
  )

const siteOf = Effect.fnUntraced(function*(options: Options, key: string) {
  const parsed = parseAddress(options.url)
  if (parsed._tag === "Failure") return yield* refusal("address", parsed.failure)
  const address = parsed.success
  const { isTls } = address
  if (!isTls && options.tlsCaFile !== undefined) {
    return yield* refusal("address", "tlsCaFile is for connections over TLS: write rediss instead of redis in the URL")
  }
  return {
    address,
    key,
    login: yield* loginOf(options, options.username ?? address.username, options.password ?? address.password, isTls, address.database),
    sentinelLogin: yield* loginOf(options, options.sentinelUsername ?? null, options.sentinelPassword ?? null, isTls, 0)
  } satisfies Site
})

export interface Settings extends Needs {
  readonly history: number
  /** Replicas that must have what is acknowledged; 0: none. */
  readonly replicas: number
}

export const settingsOf = Effect.fnUntraced(function*(options: Options) {
  const { commandMillis = Limits.redisCommandMillis, durability = "always", name = "kilonova:cell1", replicas = 1 } = options
  if (!/^[^{}\s]+$/.test(name)) {
    return yield* refusal("address", `the store's name must have neither braces nor spaces, unlike ${JSON.stringify(name)}`)
  }
  const keys = keysOf(name)
  return {
    site: yield* siteOf(options, keys.meta),
    keys,
    durability,
    replicas: durability === "replica" ? replicas : 0,
    history: options.history ?? Limits.historyEntries,
    requirePersistence: options.requirePersistence ?? true,
    acceptLoss: options.acceptLoss ?? false,
    commandMillis
  } satisfies Settings
})
