/** Opens a store once before it is used: looks at the server, refuses what would lose a cloud, draws the cloud's id. */
import { randomUUID } from "node:crypto"
import { Clock, Effect, Schedule } from "effect"
import { Limits } from "../Limits.ts"
import { RedisFailure } from "./failure.ts"
import type { Keys } from "./keys.ts"
import type { Link } from "./Link.ts"
import { aclLine, probe } from "./permissions.ts"
import * as preflight from "./preflight.ts"
import type { Durability } from "./preflight.ts"
import { refusal } from "./RedisOpenError.ts"
import type { RedisOpenError } from "./RedisOpenError.ts"
import { list, number, text, texts } from "./replies.ts"
import { runScript } from "./runScript.ts"
import { open } from "./scripts/head.ts"
import { nameOf, openMaster } from "./topology.ts"
import type { Site } from "./topology.ts"

/** Of the keys' layout; grows when an older release would misread them. */
export const formatVersion = 1

export interface Needs {
  readonly site: Site
  readonly keys: Keys
  readonly durability: Durability
  readonly requirePersistence: boolean
  readonly acceptLoss: boolean
  readonly commandMillis: number
}

export interface Opened {
  readonly cloudId: string
  readonly timeline: string
}

const refused = ({ keys, site }: Needs, failure: RedisFailure): RedisOpenError => {
  const where = site.address.hosts.map(nameOf).join(", ")
  switch (failure.code) {
    case "WRONGPASS":
    case "NOAUTH":
      return refusal("credentials", `Redis at ${where} refuses the user name or the password (${failure.message}): ` +
        "give those of one of its users (ACL LIST), or the password of requirepass")
    case "NOPERM":
      return refusal("permissions", `Redis at ${where} does not allow its user what is needed (${failure.message}): ` +
        aclLine(keys, site.login.username))
    case "READONLY":
      return refusal("replica", `${failure.message}, and writes go to the master: name the master ` +
        "(INFO replication: master_host), or make this one the master: REPLICAOF NO ONE; with sentinels, name them: redis+sentinel://")
    case "MOVED":
    case "CLUSTERDOWN":
      return refusal("address", `Redis at ${where} is a node of a cluster (${failure.message}): name it as redis+cluster://host:port,host:port`)
    case "ERR":
      // AUTH of a server without a password, and the like.
      if (/AUTH|password/.test(failure.message)) {
        return refusal("credentials", `Redis at ${where}: ${failure.message}: leave the password out, or set one there (requirepass)`)
      }
  }
  return refusal("unreachable", `Redis at ${where} cannot be used (${failure.message}): start it, or correct the URL`)
}

/** Managed servers know no CONFIG, or keep it for themselves; then it is said what nobody looked at. */
const fsyncOf = (link: Link, wanted: string) =>
  link.send([["CONFIG", "GET", "appendfsync"]]).pipe(
    Effect.map(([found]) => texts(found)[1]),
    Effect.catch((failure) =>
      failure.code === "NOPERM" || failure.code === "ERR"
        ? Effect.as(Effect.logWarning(`Not checked at Redis: appendfsync, which must be ${wanted} (${failure.message})`), undefined)
        : Effect.fail(failure)
    )
  )

const checkSettings = Effect.fnUntraced(function*(link: Link, { durability, requirePersistence, site }: Needs) {
  const [reply] = yield* link.send([["INFO"]])
  const info = preflight.parseInfo(text(reply))
  // Meanwhile it says that it has no AOF.
  if (info.get("loading") === "1") return yield* new RedisFailure({ code: "LOADING", message: "LOADING Redis is reading its files" })
  const wrong = preflight.version(info) ?? preflight.topology(info, site.address.kind) ?? preflight.eviction(info)
  if (wrong !== undefined) return yield* wrong
  const hidden = preflight.checked.filter((field) => !info.has(field))
  if (hidden.length > 0) yield* Effect.logWarning(`Not checked at Redis: ${hidden.join(", ")}, which its INFO does not tell`)
  if (!requirePersistence) return
  const lossy = preflight.persistence(info, yield* fsyncOf(link, preflight.fsyncFor(durability)), durability)
  if (lossy !== undefined) return yield* lossy
})

const checkPermissions = Effect.fnUntraced(function*(link: Link, { keys, site }: Needs) {
  const missing = texts(yield* runScript(link.send, probe, [keys.meta], []))
  if (missing.length === 0) return
  return yield* refusal("permissions", `the user of Redis may not send ${missing.join(", ")} to ${keys.pattern}: ${aclLine(keys, site.login.username)}`)
})

const checkClocks = Effect.fnUntraced(function*(link: Link) {
  const before = yield* Clock.currentTimeMillis
  const [reply] = yield* link.send([["TIME"]])
  const after = yield* Clock.currentTimeMillis
  const [seconds, micros] = list(reply)
  const wrong = preflight.clocks((before + after) / 2, number(seconds) * 1000 + number(micros) / 1000)
  if (wrong !== undefined) return yield* wrong
})

const lost = refusal("rolledBack", "the store has lost acknowledged commits, as a runner found that had seen them: restore it " +
  "from a backup or from the replica that has them; to go on without them, start one runner with --accept-loss once")

const openScript = Effect.fnUntraced(function*(link: Link, { acceptLoss, keys }: Needs) {
  const argv = [String(formatVersion), randomUUID(), acceptLoss ? "1" : "0"]
  const [format, cloudId, timeline] = texts(yield* runScript(link.send, open, [keys.meta], argv))
  const wrong = preflight.format(format!, formatVersion)
  if (wrong !== undefined) return yield* wrong
  if (number(timeline) < 0) return yield* lost
  return { cloudId: cloudId!, timeline: timeline! } satisfies Opened
})

/** Reading its files after a start, a server may take a while; nobody is to blame for it. */
const isLoading = (failure: { readonly _tag: string; readonly code?: string }) =>
  failure._tag === "RedisFailure" && (failure.code === "LOADING" || failure.code === "BUSY")

export const openStore = (needs: Needs): Effect.Effect<Opened, RedisOpenError> =>
  Effect.scoped(Effect.gen(function*() {
    const link = yield* openMaster(needs.site, needs.commandMillis)
    yield* checkSettings(link, needs)
    yield* checkPermissions(link, needs)
    yield* checkClocks(link)
    return yield* openScript(link, needs)
  })).pipe(
    Effect.retry({
      while: isLoading,
      schedule: Schedule.spaced(Limits.redisBackoffMillis),
      times: Math.ceil(Limits.redisLoadingMillisMax / Limits.redisBackoffMillis)
    }),
    Effect.catchTag("RedisFailure", (failure) => Effect.fail(refused(needs, failure)))
  )
