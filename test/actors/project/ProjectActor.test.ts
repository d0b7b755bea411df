/** What is promised and not yet in the journal: quota's holds. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { TestClock } from "effect/testing"
import { ProjectEntity } from "../../../src/actors/project/ProjectProtocol.ts"
import { quotas } from "../../../src/actors/project/quota.ts"
import { Journal } from "../../../src/runtime/kernel/Journal.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { aCloud } from "../../fixtures/asked.ts"

const ids = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name}-${at}`)

/** A project of ten servers at most, of which the user `guest` may have two. */
const aProject = Effect.gen(function*() {
  const cloud = yield* aCloud()
  yield* cloud.records.write([
    { table: quotas, expect: "absent", put: { projectId: "project", userId: "guest", limits: { instances: 2 } } }
  ])
  const project = (yield* Effect.provideContext(ProjectEntity.client, cloud.context))("project")
  const journal = Context.get(cloud.context, Journal)
  const holder = { shard: "runner/asker", epoch: yield* journal.acquire("runner/asker") }
  const reserve = (name: string, count: number, userId = "user", min = count) =>
    project.Reserve({ userId, ids: ids(name, count), min, cores: 1, ramMb: 512, serverGroupId: null, holder }).pipe(
      Effect.map((granted) => granted.count),
      Effect.catchTag("Refusal", (refusal) => Effect.succeed(refusal.kind)),
      Effect.orDie
    )
  return { reserve, endAsker: journal.acquire("runner/asker"), release: (name: string, count: number) => Effect.orDie(project.Release({ ids: ids(name, count) })) }
})

describe("quota's holds", () => {
  it.effect("count before the servers they are for are there", () =>
    Effect.gen(function*() {
      const { reserve } = yield* aProject
      assert.strictEqual(yield* reserve("a", 10), 10)
      assert.strictEqual(yield* reserve("b", 1), "forbidden")
    }))

  it.effect("are not counted against the same request asked again", () =>
    Effect.gen(function*() {
      const { reserve } = yield* aProject
      assert.strictEqual(yield* reserve("a", 10), 10)
      assert.strictEqual(yield* reserve("a", 10), 10)
      assert.strictEqual(yield* reserve("b", 1), "forbidden")
    }))

  it.effect("are given back", () =>
    Effect.gen(function*() {
      const { release, reserve } = yield* aProject
      yield* reserve("a", 10)
      yield* release("a", 4)
      assert.strictEqual(yield* reserve("b", 5), "forbidden")
      assert.strictEqual(yield* reserve("b", 5, "user", 1), 4)
    }))

  it.effect("of servers that never came stay while who asked may still use them, and end with who asked", () =>
    Effect.gen(function*() {
      const { endAsker, reserve } = yield* aProject
      yield* reserve("a", 10)
      yield* TestClock.adjust(Limits.quotaHoldMillis)
      assert.strictEqual(yield* reserve("b", 1), "forbidden")
      yield* endAsker
      assert.strictEqual(yield* reserve("b", 1), 1)
    }))

  it.effect("of a user count against the user's own limit, and no one else's", () =>
    Effect.gen(function*() {
      const { reserve } = yield* aProject
      yield* reserve("a", 5)
      assert.strictEqual(yield* reserve("b", 3, "guest", 1), 2)
      assert.strictEqual(yield* reserve("c", 1, "guest"), "forbidden")
      assert.strictEqual(yield* reserve("d", 3), 3)
    }))
})
