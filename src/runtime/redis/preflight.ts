/** What must be true of a Redis before a cloud is entrusted to it. Rules: each answers a refusal or nothing. */
import { Limits } from "../Limits.ts"
import { refusal } from "./RedisOpenError.ts"
import type { RedisOpenError } from "./RedisOpenError.ts"
import { filling } from "./scripts/restore.ts"

/** What `INFO` says: its fields by name. */
export type Info = ReadonlyMap<string, string>

export const parseInfo = (text: string): Info =>
  new Map(text.split(/\r?\n/).filter((line) => line.includes(":") && !line.startsWith("#")).map((line) => {
    const colon = line.indexOf(":")
    return [line.slice(0, colon), line.slice(colon + 1)] as const
  }))

export type Durability = "always" | "everysec" | "replica"

const oldest = 7

export const version = (info: Info): RedisOpenError | undefined => {
  const found = info.get("redis_version") ?? "an unknown version"
  return Number.parseInt(found, 10) >= oldest
    ? undefined
    : refusal("version", `this is Redis ${found}, and Kilonova needs ${oldest}.0 or newer: upgrade it`)
}

export const eviction = (info: Info): RedisOpenError | undefined => {
  const policy = info.get("maxmemory_policy") ?? "noeviction"
  return policy === "noeviction"
    ? undefined
    : refusal("eviction", `maxmemory-policy is ${policy}: Redis would delete servers when its memory is full. ` +
      "Set it to noeviction: CONFIG SET maxmemory-policy noeviction (in redis.conf: maxmemory-policy noeviction)")
}

/** The setting `appendfsync` that a durability needs at least. */
export const fsyncFor = (durability: Durability): "always" | "everysec" => durability === "always" ? "always" : "everysec"

/** Fields of INFO that the rules look at and that a managed server may leave out. */
export const checked = ["maxmemory_policy", "aof_enabled"] as const

/** One node of a cluster holds the store until the slot moves. */
export const topology = (info: Info, kind: "server" | "sentinel" | "cluster"): RedisOpenError | undefined =>
  info.get("cluster_enabled") === "1" && kind !== "cluster"
    ? refusal("address", "this is a node of a Redis Cluster: name it as redis+cluster://host:port,host:port")
    : undefined

const throwaway = "for a cloud that may be lost, say requirePersistence: false"

/** `fsync` is the setting `appendfsync`, where it could be read. */
export const persistence = (info: Info, fsync: string | undefined, durability: Durability): RedisOpenError | undefined => {
  if (info.get("aof_enabled") === "0") {
    return refusal("persistence", "appendonly is no: a restart of Redis would lose the cloud. " +
      `CONFIG SET appendonly yes (in redis.conf: appendonly yes); ${throwaway}`)
  }
  const wanted = fsyncFor(durability)
  if (fsync === undefined || fsync === "always" || fsync === wanted) return undefined
  return refusal("persistence", `appendfsync is ${fsync}, and the durability "${durability}" needs ${wanted}. ` +
    `CONFIG SET appendfsync ${wanted} (in redis.conf: appendfsync ${wanted})` +
    (durability === "always" && fsync === "everysec" ? `, or choose the durability "everysec", which may lose a second` : "") +
    `; ${throwaway}`)
}

/** Leases are counted on the clock of Redis, tokens and timestamps on ours: far apart, neither can be believed. */
export const clocks = (ourMillis: number, redisMillis: number): RedisOpenError | undefined => {
  const skew = Math.round(redisMillis - ourMillis)
  return Math.abs(skew) <= Limits.clockSkewMillisMax
    ? undefined
    : refusal("clock", `the clock of Redis is ${Math.abs(skew)} ms ${skew > 0 ? "ahead of" : "behind"} this machine's, ` +
      `more than ${Limits.clockSkewMillisMax} ms: synchronize both, e.g. with chrony (timedatectl set-ntp true)`)
}

export const format = (found: string, own: number): RedisOpenError | undefined =>
  found === String(own)
    ? undefined
    : found === filling
    ? refusal("newer", "a restore into this store is under way, or was cut short: wait for it, or empty the store and begin it again")
    : refusal("newer", `the store was written in format ${found}, and this release knows format ${own}: ` +
      "run the newer release, or choose another name for the store")
