/** Ways to break the system on purpose, as edits of its text. What notices each is in `docs/reliability.md`. */

export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const store = "test/sim/store/StoreModel.ts"
const cluster = "src/runtime/cluster"
const actors = "src/actors"

export const mutants: ReadonlyArray<Mutant> = [
  { name: "the store checks no epoch", file: store, from: "if (epoch !== newest) return { _tag: \"Fenced\"", to: "if (false) return { _tag: \"Fenced\"" },
  { name: "the store applies a repeated batch again", file: store, from: "if (written?.number === batch.number) return written.answers", to: "" },
  { name: "the store checks no version", file: store, from: "if (actual !== expected) return { _tag: \"Conflict\", append, actual }", to: "" },
  { name: "a lock does not grow the epoch", file: store, from: "return { shard, epoch: this.acquire(shard) }", to: "return { shard, epoch: this.#epochOf(shard) || this.acquire(shard) }" },
  {
    name: "a commit is acknowledged before it is made", file: `${cluster}/BatchQueue.ts`,
    from: "this.#waiting.push(waiter)", to: "this.#waiting.push(waiter); resume(Effect.succeed({ position: 0, isDuplicate: false, reply: null }))"
  },
  { name: "a batch is sent again under a new number", file: `${cluster}/BatchQueue.ts`, from: "        number,\n", to: "        number: failures === 0 ? number : ++this.#number,\n" },
  { name: "a batch that was not answered is given up", file: `${cluster}/BatchQueue.ts`, from: "          return true\n", to: "          return false\n" },
  { name: "a write is answered before projections have it", file: `${cluster}/Sequencer.ts`, from: "if (position <= this.#applied) {", to: "if (true) {" },
  { name: "projections miss an entry now and then", file: `${cluster}/Sequencer.ts`, from: "this.#wake(this.#listeners.tell(group))", to: "this.#wake(this.#listeners.tell(group.slice(0, 3)))" },
  { name: "a runner does not notice that it lost its shards", file: `${cluster}/StoreRunners.ts`, from: "if (held === null) members.left()", to: "if (held === null) return [...members.shards].map(ShardId.fromString)" },
  { name: "the instance commits without its epoch", file: "src/runtime/kernel/Behavior.ts", from: "epoch: ownership.epochOf(shard),", to: "epoch: null," },
  { name: "promises of quota and place are not checked", file: "src/runtime/kernel/Behavior.ts", from: "guards: rules.guards?.(command) ?? [],", to: "guards: []," },
  { name: "an unsure commit is taken for done", file: "src/runtime/kernel/Behavior.ts", from: "          held = undefined\n          isUnsure = true", to: "          isUnsure = true" },
  { name: "quota is not held between the yes and the commit", file: `${actors}/project/ProjectActor.ts`, from: "holds.set(id, { userId, cores, ramMb, serverGroupId, moveId, holder, askedAtMillis: nowMillis })", to: "void id" },
  { name: "a new owner of a project counts before it has caught up", file: `${actors}/project/ProjectActor.ts`, from: "    yield* caughtUp(journal)\n", to: "" },
  { name: "quota is given back too early", file: `${actors}/project/ProjectActor.ts`, from: "if (holder === null || nowMillis - askedAtMillis < Limits.quotaHoldMillis) continue", to: "holds.delete(id); continue" },
  { name: "a place is not held between the pick and the commit", file: `${actors}/scheduler/Holds.ts`, from: "  add(held: Held): void {\n", to: "  add(held: Held): void {\n    if (held !== undefined) return\n" },
  { name: "a new scheduler picks before it has caught up", file: `${actors}/scheduler/SchedulerActor.ts`, from: "    yield* caughtUp(yield* Journal)\n", to: "    yield* Journal\n" },
  { name: "the host takes every claim", file: `${actors}/host/HostActor.ts`, from: "if (short !== null) return", to: "if (false) return" },
  { name: "hosts ignore the epoch of who drives them", file: "test/sim/hypervisor/Hypervisor.ts", from: "if (epoch < this.epoch) {", to: "if (false) {" },
  { name: "late outcomes are taken", file: `${actors}/instance/decide.ts`, from: "return work?.generation === command.generation ? advanced(", to: "return work !== null && work !== undefined ? advanced(" },
  { name: "nothing is sent again after a failure", file: `${actors}/instance/WatchdogService.ts`, from: "return isResent || work.touchedAtMillis + Limits.stepRetryMillis <= nowMillis", to: "return false" },
  { name: "no task ends at its deadline", file: `${actors}/instance/WatchdogService.ts`, from: "if (work.deadlineMillis <= nowMillis) return", to: "if (false) return" },
  { name: "a build that moves on keeps its old host", file: `${actors}/instance/evolve.ts`, from: "work: event.work, host: null, taskState: \"scheduling\"", to: "work: event.work, taskState: \"scheduling\"" },
  { name: "an affinity group does not wait for a member on the move", file: `${actors}/scheduler/SchedulerActor.ts`, from: "if (members.isMoving(instance)) return", to: "if (false) return" },
  { name: "a server on the move counts on one host", file: `${actors}/instance/presences.ts`, from: "other === undefined ? [instance]", to: "other !== null ? [instance]" },
  { name: "a delete forgets the guest", file: `${actors}/host/HostActor.ts`, from: "if (step === \"destroy\") return driver.destroy(id, call)", to: "if (step === \"destroy\") return Effect.void" },
  { name: "guests left over are left alone", file: `${actors}/host/reconcile.ts`, from: "return isElsewhere ? [{ _tag: \"Destroy\", instanceId: id }] : []", to: "return []" }
]
