/** A fleet whose hosts are driven by agents: they dial in, and are driven by the runner that owns their `Host` entity. */
import { randomBytes } from "node:crypto"
import { Context, Effect, Layer } from "effect"
import type { Scope } from "effect"
import { agentCredentials } from "../../actors/host/AgentCredential.ts"
import { agentStates } from "../../actors/host/AgentState.ts"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { type DomainEvent, type Driver, Fleet } from "../Driver.ts"
import { ended } from "./admission.ts"
import { makeAdmit } from "./admit.ts"
import { AgentGateway } from "./AgentGateway.ts"
import { makeBus } from "./bus.ts"
import { HostLink } from "./HostLink.ts"
import { makeHostStates } from "./hostStates.ts"
import { proxyDriver } from "./proxyDriver.ts"

/** Names calls apart: an agent may still have those of a runner before this one. */
const makeCallIds = () => {
  const runner = randomBytes(9).toString("base64url")
  let calls = 0
  return () => `${runner}.${++calls}`
}

interface Known {
  readonly link: HostLink
  readonly driver: Driver
}

const stopping = ended("stopping", "This runner stops: dial another")
const moved = (host: string) => ended("unowned", `This runner does not own host ${host} any more: dial another`)
const revoked = (host: string) =>
  ended("credential", `The credential of host ${host} was revoked or replaced: give its agent the new one`)

const make: Effect.Effect<Context.Context<Fleet | AgentGateway>, never, Records | Ownership | Scope.Scope> = Effect.gen(function*() {
  const records = yield* Records
  const ownership = yield* Ownership
  const hosts = new Map<string, Known>()
  const events = makeBus<{ readonly hostname: string; readonly event: DomainEvent }>()
  const arrivals = makeBus<string>()
  const nextId = makeCallIds()

  /** Hosts are known by their credentials. */
  const known = (hostname: string): Known | undefined => {
    const found = hosts.get(hostname)
    if (found !== undefined || records.get(agentCredentials, hostname) === undefined) return found
    const link = new HostLink(hostname, nextId)
    const made = { link, driver: proxyDriver(link, events.stream) }
    hosts.set(hostname, made)
    return made
  }
  const current = (hostname: string) => hosts.get(hostname)?.link.current

  const states = yield* makeHostStates({ records, ownership, isAttached: (hostname) => current(hostname) !== undefined })
  const admit = makeAdmit({
    records,
    ownership,
    linkOf: (hostname) => known(hostname)?.link,
    onArrival: (hostname) => {
      arrivals.emit(hostname)
      states.look()
    },
    onLost: () => states.look(),
    onEvent: (hostname, event) => events.emit({ hostname, event })
  })

  yield* records.watch([agentCredentials], (_, hostname) => {
    const credential = records.get(agentCredentials, hostname)
    const attached = current(hostname)
    if (attached !== undefined && (credential?.revokedAt !== null || credential.key !== attached.key)) attached.end(revoked(hostname))
  })
  yield* ownership.watch((change) => {
    if (change._tag !== "Lost") return
    for (const { link } of hosts.values()) {
      if (!change.shards.has(ownership.shardOf("Host", link.hostname))) continue
      link.current?.end(moved(link.hostname))
      link.abandon()
    }
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => hosts.forEach(({ link }) => link.current?.end(stopping))))

  const fleet = Fleet.of({
    get hosts() {
      return [...hosts.keys()].filter((hostname) => current(hostname) !== undefined)
    },
    arrivals: arrivals.stream,
    driver: (hostname) => known(hostname)?.driver,
    isUp: (hostname) => records.get(agentStates, hostname)?.isUp === true,
    events: events.stream
  })
  return Context.make(Fleet, fleet).pipe(Context.add(AgentGateway, AgentGateway.of({ attach: admit })))
})

/** `Fleet` for the actors, and `AgentGateway` for the mount that takes the agents' connections. */
export const layer: Layer.Layer<Fleet | AgentGateway, never, Records | Ownership> = Layer.effectContext(make)
