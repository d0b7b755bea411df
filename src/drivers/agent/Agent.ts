/**
 * The agent of one machine: for each host of its fleet it finds the runner that drives it, stays attached, and comes back
 * whenever the connection is lost. Guests run on whether a control plane is there or not.
 */
import { randomBytes } from "node:crypto"
import { Effect, Stream } from "effect"
import { DriverError, Fleet } from "../Driver.ts"
import { type AgentHost, type AgentHostOptions, makeAgentHost } from "./agentHost.ts"

export interface AgentOptions
  extends Pick<AgentHostOptions, "version" | "control" | "folder" | "acceptLoss" | "authority" | "images" | "onAdopted">
{
  readonly tokens: ReadonlyMap<string, string>
}

/** Serves every host of the fleet for ever. Fails only for what a restart would not heal: a damaged file, no token. */
export const run = (options: AgentOptions): Effect.Effect<never, DriverError, Fleet> =>
  Effect.scoped(Effect.gen(function*() {
    const fleet = yield* Fleet
    const agentId = randomBytes(9).toString("base64url")
    const hosts = new Map<string, AgentHost>()
    for (const [turn, hostname] of fleet.hosts.entries()) {
      const driver = fleet.driver(hostname)
      const token = options.tokens.get(hostname)
      if (driver === undefined || token === undefined) {
        return yield* new DriverError({ operation: "agent", message: `Host ${hostname} has no token`, isRetryable: false })
      }
      hosts.set(hostname, yield* makeAgentHost({ ...options, hostname, driver, token, agentId, turn }))
    }
    yield* Effect.forkScoped(Stream.runForEach(fleet.events, ({ event, hostname }) =>
      Effect.sync(() => hosts.get(hostname)?.saw(event))))
    yield* Effect.forEach(hosts.values(), ({ serve }) => serve, { concurrency: "unbounded", discard: true })
    return yield* Effect.never
  }))
