/** Where Redis is, as a user writes it. */
import { Result } from "effect"

export interface HostPort {
  readonly host: string
  readonly port: number
}

export interface Address {
  readonly kind: "server" | "sentinel" | "cluster"
  /** The server; the sentinels; some servers of the cluster. */
  readonly hosts: ReadonlyArray<HostPort>
  /** What the sentinels call the master; empty for the others. */
  readonly master: string
  readonly database: number
  readonly isTls: boolean
  readonly username: string | null
  readonly password: string | null
}

const forms = "redis://host:6379, rediss://host:6379, redis+sentinel://host:26379,host:26379/master or redis+cluster://host:6379,host:6379"
const pattern = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?#]+)(?:\/([^?#]*))?$/
const hostPattern = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/

const hostOf = (text: string, port: number): HostPort | undefined => {
  const match = hostPattern.exec(text)
  if (match === null) return undefined
  const host = { host: match[1] ?? match[2]!, port: Number(match[3] ?? port) }
  return host.port > 0 && host.port < 65_536 ? host : undefined
}

/** What is no percent-encoding stands for itself: passwords are often pasted as they are. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const credentials = (text: string | undefined) => {
  if (text === undefined) return { username: null, password: null }
  const colon = text.indexOf(":")
  const [user, password] = colon === -1 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)]
  return { username: user === "" ? null : decoded(user), password: password === "" ? null : decoded(password) }
}

/** Fails with a sentence. The URL itself may hold a password, so the sentence does not quote it. */
export const parseAddress = (url: string): Result.Result<Address, string> => {
  const match = pattern.exec(url)
  if (match === null) return Result.fail(`the URL of Redis must look like ${forms}`)
  const [, secure, kind = "server", user, hostList, path = ""] = match
  const hosts = hostList!.split(",").map((host) => hostOf(host, kind === "sentinel" ? 26_379 : 6_379))
  const valid = hosts.filter((host) => host !== undefined)
  if (valid.length < hosts.length || (kind === "server" && hosts.length > 1)) {
    return Result.fail(`the URL of Redis must name its hosts as host:port, several only for sentinels and clusters: ${forms}`)
  }
  if (kind === "sentinel" && path === "") return Result.fail(`the URL of sentinels must end in the master's name: ${forms}`)
  if (kind === "cluster" && path !== "") return Result.fail("a Redis Cluster has one database only: leave out what follows the hosts")
  if (kind === "server" && !/^\d{0,5}$/.test(path)) return Result.fail("the URL of Redis may end in the number of a database, as in redis://host:6379/1")
  return Result.succeed({
    kind: kind as Address["kind"],
    hosts: valid,
    master: kind === "sentinel" ? decoded(path) : "",
    database: kind === "server" ? Number(path) : 0,
    isTls: secure === "s",
    ...credentials(user)
  })
}
