/**
 * Runners in network namespaces of their own, each with two cables: one to its clients and agents, one to Redis and the
 * other runners. Pulling the second one is a partition: what is sent vanishes, and no connection is told.
 */
import { execFileSync } from "node:child_process"
import { Effect } from "effect"
import type { Scope } from "effect"
import type { Place } from "../fixtures/cluster.ts"
import { hasProgram, requires } from "../fixtures/require.ts"

const canMakeNamespaces = (): boolean => {
  try {
    execFileSync("ip", ["netns", "add", "kilonova-probe"], { stdio: "ignore" })
    execFileSync("ip", ["netns", "del", "kilonova-probe"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

export const describeNetwork = requires("root, ip netns, redis-server and redis-cli", {
  present: () => ["ip", "redis-server", "redis-cli"].every(hasProgram) && canMakeNamespaces(),
  install: "apt-get install iproute2 redis-server redis-tools, and run as root"
})

export interface Network {
  readonly places: ReadonlyArray<Place>
  /** Where runners reach what the test itself runs. */
  readonly storeHost: string
  /** Cuts this place off from the store and from the other places. */
  readonly cut: (index: number) => Effect.Effect<void>
  readonly heal: (index: number) => Effect.Effect<void>
}

const ip = (...args: ReadonlyArray<string>): void => void execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] })

/** Two bridges in this machine's own namespace; names are short enough for interfaces, and of this process. */
const makeBridge = (name: string, address: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      ip("link", "add", name, "type", "bridge")
      ip("addr", "add", `${address}/24`, "dev", name)
      ip("link", "set", name, "up")
    }),
    () => Effect.sync(() => ip("link", "del", name))
  )

const makeCable = (namespace: string, outside: string, inside: string, bridge: string, address: string): void => {
  ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", namespace)
  ip("link", "set", outside, "master", bridge, "up")
  ip("-n", namespace, "addr", "add", `${address}/24`, "dev", inside)
  ip("-n", namespace, "link", "set", inside, "up")
}

export const makeNetwork = (count: number): Effect.Effect<Network, never, Scope.Scope> =>
  Effect.gen(function*() {
    const tag = process.pid.toString(36)
    const second = 100 + process.pid % 100
    const [clients, members] = [`10.${second}.201`, `10.${second}.202`]
    yield* makeBridge(`kc${tag}`, `${clients}.1`)
    yield* makeBridge(`km${tag}`, `${members}.1`)
    const places = yield* Effect.forEach(Array.from({ length: count }, (_, index) => index), (index) => {
      const namespace = `kilonova-${tag}-${index}`
      const place: Place = {
        launch: { through: ["ip", "netns", "exec", namespace] }, host: `${clients}.${index + 10}`, runnerHost: `${members}.${index + 10}`
      }
      return Effect.acquireRelease(
        Effect.sync(() => {
          ip("netns", "add", namespace)
          ip("-n", namespace, "link", "set", "lo", "up")
          makeCable(namespace, `kc${tag}${index}`, "clients", `kc${tag}`, place.host)
          makeCable(namespace, `km${tag}${index}`, "members", `km${tag}`, place.runnerHost)
          return place
        }),
        () => Effect.sync(() => ip("netns", "del", namespace))
      )
    })
    return {
      places,
      storeHost: `${members}.1`,
      cut: (index) => Effect.sync(() => ip("link", "set", `km${tag}${index}`, "nomaster")),
      heal: (index) => Effect.sync(() => ip("link", "set", `km${tag}${index}`, "master", `km${tag}`))
    }
  })
