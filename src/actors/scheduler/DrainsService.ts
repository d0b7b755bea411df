import { Effect, Layer, Result } from "effect"
import { ask } from "../../runtime/kernel/ask.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { hosts } from "../host/Host.ts"
import { HostAdmin } from "../host/HostAdminProtocol.ts"
import { type Asked, Servers } from "../instance/ServersProtocol.ts"
import { refuse } from "../shared/Refusal.ts"
import { Drains } from "./DrainsProtocol.ts"
import { defaultCell, SchedulerEntity } from "./SchedulerProtocol.ts"
import type { Drain, DrainMove, DrainStep } from "./whatIf/DrainPlan.ts"

export const layer = Layer.effect(Drains, Effect.gen(function*() {
  const servers = yield* Servers
  const admin = yield* HostAdmin
  const records = yield* Records
  const scheduler = (yield* SchedulerEntity.client)(defaultCell)

  const stepOf = (drain: Drain) =>
    Effect.flatMap(ask(scheduler.WhatIf({ question: { _tag: "DrainStep", drain } })), (answer) =>
      answer._tag === "DrainStep" ? Effect.succeed(answer.step) : Effect.fail(refuse("unavailable", "The scheduler answered another question.", "OtherAnswer")))

  const disable = (host: string) =>
    records.get(hosts, host)?.isDisabled === false
      ? Effect.asVoid(admin.change(host, { status: { isDisabled: true, reason: "drained" } })) : Effect.void

  /** Why the move did not begin; `null`: it did. */
  const begun = (asked: Asked, { server, to }: DrainMove) =>
    Effect.map(
      Effect.result(servers.liveMigrate(asked, server, { host: to, isForced: false, copiesDisks: null, isChecked: true })),
      (began) => Result.isFailure(began) ? `server ${server}: its move to ${to} did not begin: ${began.failure.message}` : null
    )

  const beginAll = (asked: Asked, step: DrainStep): Effect.Effect<DrainStep> =>
    Effect.map(Effect.forEach(step.begin, (move) => begun(asked, move), { concurrency: "unbounded" }), (whys) => {
      const failed = new Set(step.begin.filter((_, at) => whys[at] !== null))
      const moving = step.begin.filter((move) => !failed.has(move))
      return {
        ...step, begin: [],
        underWay: [...step.underWay, ...moving],
        waiting: step.waiting.filter((move) => !moving.includes(move)),
        against: [...step.against, ...whys.filter((why) => why !== null)]
      }
    })

  return Drains.of({
    advance: (asked, drain) =>
      Effect.flatMap(stepOf(drain), (step) =>
        step.against.length > 0 || step.begin.length === 0
          ? Effect.succeed({ ...step, begin: [] })
          : Effect.andThen(disable(drain.host), beginAll(asked, step)))
  })
}))
