/** The driver port of a host somewhere else: each call is a message, each answer is checked to be one of its kind. */
import { Duration, Effect, Stream } from "effect"
import { DriverError } from "../Driver.ts"
import type { Call, Capabilities, DomainEvent, Driver } from "../Driver.ts"
import type { HostLink } from "./HostLink.ts"
import type { Answer, DriverCall } from "./protocol.ts"

type Kind = Exclude<Answer["_tag"], "Failed">

const assumed: Capabilities = { pause: true, suspend: true, consoleLog: true }

export const proxyDriver = (
  link: HostLink, events: Stream.Stream<{ readonly hostname: string; readonly event: DomainEvent }>
): Driver => {
  const ask = <K extends Kind>(kind: K, call: DriverCall, epoch: number | null) =>
    Effect.flatMap(link.call(call, epoch), (answer): Effect.Effect<Extract<Answer, { readonly _tag: K }>, DriverError> => {
      if (answer._tag === kind) return Effect.succeed(answer as Extract<Answer, { readonly _tag: K }>)
      const { isRetryable, message, operation } = answer._tag === "Failed"
        ? answer
        : { operation: call._tag, message: `Host ${link.hostname}: its agent answered with ${answer._tag}`, isRetryable: true }
      return Effect.fail(new DriverError({ operation, message, isRetryable }))
    })
  const change = (call: DriverCall, { epoch }: Call) => Effect.asVoid(ask("Done", call, epoch))

  return {
    get capabilities() {
      return link.current?.capabilities ?? assumed
    },
    inventory: Effect.map(ask("Hardware", { _tag: "inventory" }, null), ({ inventory }) => inventory),
    list: Effect.map(ask("Domains", { _tag: "list" }, null), ({ domains }) => domains),
    consoleLog: (id) => Effect.map(ask("Text", { _tag: "consoleLog", id }, null), ({ text }) => text),
    spawn: (spec, call) => change({ _tag: "spawn", spec }, call),
    powerOn: (spec, call) => change({ _tag: "powerOn", spec }, call),
    powerOff: (id, grace, call) => change({ _tag: "powerOff", id, graceMillis: Duration.toMillis(grace) }, call),
    reboot: (spec, kind, call) => change({ _tag: "reboot", spec, kind }, call),
    pause: (id, call) => change({ _tag: "pause", id }, call),
    unpause: (id, call) => change({ _tag: "unpause", id }, call),
    suspend: (id, call) => change({ _tag: "suspend", id }, call),
    resume: (spec, call) => change({ _tag: "resume", spec }, call),
    destroy: (id, call) => change({ _tag: "destroy", id }, call),
    prepareMigration: (spec, copiesDisks, { epoch }) =>
      Effect.map(ask("Ready", { _tag: "prepareMigration", spec, copiesDisks }, epoch), ({ target }) => target),
    performMigration: (spec, options, call) => change({ _tag: "performMigration", spec, ...options }, call),
    finishMigration: (spec, power, call) => change({ _tag: "finishMigration", spec, power }, call),
    confirmMigration: (id, target, call) => change({ _tag: "confirmMigration", id, target }, call),
    abortMigration: (id, { epoch }) => Effect.map(ask("Aborted", { _tag: "abortMigration", id }, epoch), ({ isHere }) => isHere),
    forceMigration: (id, call) => change({ _tag: "forceMigration", id }, call),
    events: events.pipe(Stream.filter(({ hostname }) => hostname === link.hostname), Stream.map(({ event }) => event))
  }
}
