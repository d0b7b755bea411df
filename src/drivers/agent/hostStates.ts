/** Writes which hosts have their agents, for every runner to read. Each host is written by the runner that owns it. */
import { Clock, Effect, Queue, Result } from "effect"
import type { Scope } from "effect"
import { agentCredentials } from "../../actors/host/AgentCredential.ts"
import { type AgentState, agentStates } from "../../actors/host/AgentState.ts"
import { isoOf } from "../../actors/shared/time.ts"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import type { Ownership } from "../../runtime/kernel/Ownership.ts"
import type { Change, Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"

export interface HostStatesOptions {
  readonly records: Records["Service"]
  readonly ownership: Ownership["Service"]
  readonly isAttached: (hostname: string) => boolean
}

/**
 * Looks at all hosts this runner owns again and again, and at once when told: what was not written, or was written by a
 * runner that did not know better, is put right by the next look.
 */
export const makeHostStates = ({ isAttached, ownership, records }: HostStatesOptions): Effect.Effect<{
  /** An agent came: look soon. Those that come together are written together. */
  readonly look: () => void
}, never, Scope.Scope> =>
  Effect.gen(function*() {
    const asked = yield* Queue.sliding<void>(1)
    const missingSince = new Map<string, number>()

    const hostnames = function*(): Iterable<string> {
      for (const { hostname } of records.all(agentCredentials)) yield hostname
    }

    /** The record as it should be; `undefined`: as it is. */
    const due = (hostname: string, runner: string, now: number): AgentState | undefined => {
      const known = records.get(agentStates, hostname)
      if (isAttached(hostname)) {
        missingSince.delete(hostname)
        return known?.isUp === true && known.runner === runner ? undefined : { hostname, isUp: true, since: isoOf(now), runner }
      }
      const since = missingSince.get(hostname) ?? now
      missingSince.set(hostname, since)
      return known?.isUp === true && now - since >= Limits.agentGraceMillis
        ? { hostname, isUp: false, since: isoOf(now), runner }
        : undefined
    }

    const changes = (now: number): ReadonlyArray<Change> => {
      const runner = ownership.session()?.shard ?? "local"
      const found: Array<Change> = []
      for (const hostname of hostnames()) {
        if (ownership.epochOf(ownership.shardOf("Host", hostname)) === -1) {
          missingSince.delete(hostname)
          continue
        }
        const put = due(hostname, runner, now)
        if (put !== undefined) found.push({ table: agentStates, put, expect: records.version(agentStates, hostname) })
        if (found.length >= Limits.commitBatchMax) break
      }
      return found
    }

    const write = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      decideAndWrite(records, () => {
        const found = changes(now)
        return Result.succeed({ changes: found, answer: found.length })
      })
    ).pipe(
      Effect.repeat({ while: (count) => count >= Limits.commitBatchMax }),
      Effect.catch((refusal) => Effect.logWarning(`The states of hosts could not be written: ${refusal.message}`))
    )
    const askedOrTime = Effect.raceFirst(
      Effect.andThen(Queue.take(asked), Effect.sleep(Limits.agentBatchMillis)),
      Effect.sleep(Limits.agentPingMillis)
    )
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(askedOrTime, write)))
    return { look: () => void Queue.offerUnsafe(asked, undefined) }
  })
