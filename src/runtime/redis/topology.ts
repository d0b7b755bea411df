/** Which server is the master now, for each of the ways to run Redis. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { Limits } from "../Limits.ts"
import type { Address, HostPort } from "./address.ts"
import { connectionFailure, RedisFailure } from "./failure.ts"
import * as Link from "./Link.ts"
import { list, number, text } from "./replies.ts"

export interface Site {
  readonly address: Address
  readonly login: Link.Login
  readonly sentinelLogin: Link.Login
  /** Any key of the store: in a cluster, whoever serves it is the master. */
  readonly key: string
}

export const nameOf = ({ host, port }: HostPort): string => host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/** Asks one after another; fails with what each of them said. */
const firstOf = (hosts: ReadonlyArray<HostPort>, ask: (host: HostPort) => Effect.Effect<HostPort, RedisFailure>) =>
  Effect.gen(function*() {
    const failures: Array<RedisFailure> = []
    for (const host of hosts) {
      const found = yield* Effect.result(ask(host))
      if (found._tag === "Success") return found.success
      failures.push(found.failure)
    }
    const told = failures.map((failure, index) => `${nameOf(hosts[index]!)}: ${failure.message}`).join("; ")
    const code = failures.find((failure) => failure.code !== "CONNECTION")?.code ?? "CONNECTION"
    return yield* new RedisFailure({ code, message: told })
  })

const ask = (host: HostPort, login: Link.Login, command: Link.Command) =>
  Effect.scoped(Effect.gen(function*() {
    const link = yield* Link.open(host, login, Limits.redisConnectMillis)
    const [reply] = yield* link.send([command])
    return reply
  }))

const viaSentinel = ({ address, sentinelLogin }: Site) =>
  firstOf(address.hosts, (sentinel) =>
    Effect.flatMap(
      ask(sentinel, sentinelLogin, ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.master]),
      (reply) =>
        reply === null
          ? Effect.fail(new RedisFailure({ code: "ERR", message: `this sentinel knows no master named ${address.master}` }))
          : Effect.succeed({ host: text(list(reply)[0]), port: number(list(reply)[1]) })
    ))

const viaCluster = ({ address, key, login }: Site) =>
  firstOf(address.hosts, (node) =>
    Effect.gen(function*() {
      const slot = number(yield* ask(node, login, ["CLUSTER", "KEYSLOT", key]))
      for (const range of list(yield* ask(node, login, ["CLUSTER", "SLOTS"]))) {
        const [first, last, master] = list(range)
        if (number(first) > slot || number(last) < slot) continue
        const [host, port] = list(master)
        // A node that does not know its own name leaves it out: it is reached as it was reached.
        return { host: host === null || host === "" ? node.host : text(host), port: number(port) }
      }
      return yield* connectionFailure(`nobody serves slot ${slot}, where ${key} belongs`)
    }))

const masterOf = (site: Site): Effect.Effect<HostPort, RedisFailure> => {
  switch (site.address.kind) {
    case "server": return Effect.succeed(site.address.hosts[0]!)
    case "sentinel": return viaSentinel(site)
    case "cluster": return viaCluster(site)
  }
}

/** A master that is cut off from the others does not know that it was replaced; they do. */
const watch = (site: Site, master: HostPort, link: Link.Link) =>
  masterOf(site).pipe(
    Effect.map((now) => {
      if (nameOf(now) !== nameOf(master)) link.end(connectionFailure(`${nameOf(now)} has replaced ${nameOf(master)} as the master`))
    }),
    // Who cannot be asked has no news; the link itself tells when it breaks.
    Effect.ignore,
    Effect.delay(Limits.redisTopologyMillis),
    Effect.forever
  )

/** A link to the master: one that says so itself, whatever others say of it. */
export const openMaster = (site: Site, silenceMillisMax: number): Effect.Effect<Link.Link, RedisFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const master = yield* masterOf(site)
    const link = yield* Link.open(master, site.login, silenceMillisMax)
    const [role] = yield* link.send([["ROLE"]])
    if (list(role)[0] === "master") {
      if (site.address.kind !== "server") yield* Effect.forkScoped(watch(site, master, link))
      return link
    }
    return yield* new RedisFailure({ code: "READONLY", message: `${nameOf(master)} is a replica` })
  })
