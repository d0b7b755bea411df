import { Context, Deferred, Duration, Effect } from "effect"
import type { Driver, PowerState } from "../Driver.ts"

export type Operation = Exclude<keyof Driver, "capabilities" | "events">

/** Which calls; what is not named matches every call. `name` is the server's display name. */
export interface Match {
  readonly host?: string
  readonly operation?: Operation
  readonly id?: string
  readonly name?: string
}

/** What a call is about, to be matched. */
export interface CallFacts {
  readonly host: string
  readonly operation: Operation
  readonly id: string | undefined
  readonly name: string | undefined
}

export type Fault =
  | { readonly _tag: "Fail"; readonly message: string; readonly isRetryable?: boolean }
  /** Answers only when the faults are cleared, or never. */
  | { readonly _tag: "Hang" }
  | { readonly _tag: "Slow"; readonly duration: Duration.Input }

/** What goes wrong in a simulated fleet, as its tests and its administrator script it. */
export class Faults extends Context.Service<Faults, {
  /** Does this to the next `times` calls that match; to all of them without it. */
  readonly inject: (match: Match, fault: Fault, times?: number) => Effect.Effect<void>
  /** Forgets what was injected; calls that hang go on as if nothing had been. Lost hosts stay lost. */
  readonly clear: Effect.Effect<void>
  /** The guest's power changes from within, and the hypervisor sees it. `false`: no such guest. */
  readonly changePower: (host: string, id: string, power: PowerState, reason?: string) => Effect.Effect<boolean>
  /** The kernel of the guest panics. */
  readonly crash: (host: string, id: string) => Effect.Effect<boolean>
  /** The host stops answering: its calls fail, those under way too. Its guests run on, unseen. */
  readonly lose: (host: string) => Effect.Effect<boolean>
  /** The host answers again; `hasRebooted`: with all its guests shut down. */
  readonly restore: (host: string, hasRebooted?: boolean) => Effect.Effect<boolean>
}>()("kilonova/drivers/simulated/Faults") {}

interface Rule {
  readonly match: Match
  readonly fault: Fault
  readonly cleared: Deferred.Deferred<void>
  left: number
}

/** The injected faults, oldest first. */
export class Rules {
  private rules: Array<Rule> = []

  inject(match: Match, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.rules.push({ match, fault, cleared: Deferred.makeUnsafe(), left: times })
  }

  clear(): void {
    for (const { cleared } of this.rules) Deferred.doneUnsafe(cleared, Effect.void)
    this.rules = []
  }

  get isEmpty(): boolean {
    return this.rules.length === 0
  }

  /** The first rule for the call, used up by it. */
  take(call: CallFacts): Rule | undefined {
    const rule = this.rules.find(({ left, match }) =>
      left > 0 && (Object.keys(match) as Array<keyof Match>).every((key) => match[key] === call[key])
    )
    if (rule !== undefined) rule.left -= 1
    return rule
  }
}
