import { Effect, Layer, Result } from "effect"
import { ask } from "../../runtime/kernel/ask.ts"
import { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { hosts } from "../host/Host.ts"
import { HostAdmin } from "../host/HostAdminProtocol.ts"
import { type Asked, Servers } from "../instance/ServersProtocol.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { Drains } from "./DrainsProtocol.ts"
import { defaultCell, SchedulerEntity } from "./SchedulerProtocol.ts"
import type { Drain, DrainMove, DrainStep } from "./whatIf/DrainPlan.ts"
import { movesCold } from "./whatIf/immobile.ts"

export const layer = Layer.effect(Drains, Effect.gen(function*() {
  const servers = yield* Servers
  const admin = yield* HostAdmin
  const records = yield* Records
  const index = yield* InstanceIndex
  const scheduler = (yield* SchedulerEntity.client)(defaultCell)

  const stepOf = (drain: Drain) =>
    Effect.flatMap(ask(scheduler.WhatIf({ question: { _tag: "DrainStep", drain } })), (answer) =>
      answer._tag === "DrainStep" ? Effect.succeed(answer.step) : Effect.fail(refuse("unavailable", "The scheduler answered another question.", "OtherAnswer")))

  const disable = (host: string) =>
    records.get(hosts, host)?.isDisabled === false
      ? Effect.asVoid(admin.change(host, { status: { isDisabled: true, reason: "drained" } })) : Effect.void

  const start = (asked: Asked, { server, to }: DrainMove) => {
    const known = index.get(server)
    return known !== undefined && movesCold(known)
      ? servers.coldMigrate(asked, server, { host: to, flavorId: null })
      : servers.liveMigrate(asked, server, { host: to, isForced: false, copiesDisks: null, isChecked: true })
  }

  /** Why each could not be done; `null`: it could. */
  const tried = <A>(all: ReadonlyArray<A>, act: (one: A) => Effect.Effect<unknown, Refusal>, failing: (one: A) => string) =>
    Effect.forEach(all, (one) => Effect.map(Effect.result(act(one)), (done) => Result.isFailure(done) ? `${failing(one)}: ${done.failure.message}` : null), {
      concurrency: "unbounded"
    })

  const beginAll = (asked: Asked, step: DrainStep): Effect.Effect<DrainStep> =>
    Effect.map(tried(step.begin, (move) => start(asked, move), ({ server, to }) => `server ${server}: its move to ${to} did not begin`), (whys) => {
      const moving = step.begin.filter((_, at) => whys[at] === null)
      return {
        ...step, begin: [],
        underWay: [...step.underWay, ...moving],
        waiting: step.waiting.filter((move) => !moving.includes(move)),
        against: [...step.against, ...whys.filter((why) => why !== null)]
      }
    })

  /** Who moved while it was off is still held for on the host that it left. */
  const confirmAll = (asked: Asked, step: DrainStep): Effect.Effect<DrainStep> =>
    Effect.map(
      tried(step.confirm ?? [], (server) => servers.perform(asked, server, "confirmResize"), (server) => `server ${server} could not be confirmed`),
      (whys) => ({ ...step, against: [...step.against, ...whys.filter((why) => why !== null)] })
    )

  return Drains.of({
    advance: (asked, drain) =>
      Effect.flatMap(stepOf(drain), (step) =>
        Effect.flatMap(confirmAll(asked, step), (confirmed) =>
          confirmed.against.length > 0 || confirmed.begin.length === 0
            ? Effect.succeed({ ...confirmed, begin: [] })
            : Effect.andThen(disable(drain.host), beginAll(asked, confirmed))))
  })
}))
