/** How an agent runs the calls it is sent. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeCallDesk } from "../../../src/drivers/agent/callDesk.ts"
import { openHostMemory } from "../../../src/drivers/agent/hostMemory.ts"
import type { Answer, Call, DriverCall } from "../../../src/drivers/agent/protocol.ts"
import { breathe } from "../../fixtures/asked.ts"
import { specOf } from "../specs.ts"
import { hypervisors, tempFolder } from "./world.ts"

const desk = Effect.gen(function*() {
  const { faults, fleet } = yield* hypervisors(["host"])
  const driver = fleet.driver("host")!
  const answers: Array<readonly [string, Answer["_tag"]]> = []
  const line = { isUp: true }
  const made = yield* makeCallDesk({
    driver,
    memory: openHostMemory(join(yield* tempFolder, "control.json"), { acceptLoss: false }),
    localize: (call) => Effect.succeed(call),
    tell: (id, answer) =>
      Effect.sync(() => {
        if (line.isUp) answers.push([id, answer._tag])
        return line.isUp
      })
  })
  const start = (id: string, call: DriverCall, epoch: number | null = 1) =>
    Effect.andThen(made.start({ _tag: "Call", id, epoch, call } satisfies Call), breathe)
  return { desk: made, start, answers, line, faults, driver }
})

const spawn: DriverCall = { _tag: "spawn", spec: specOf(1) }
const reboot: DriverCall = { _tag: "reboot", spec: specOf(1), kind: "hard" }
const boots = (text: string) => text.split("Linux version").length - 1

describe("an agent's calls", () => {
  it.effect("with the same id are one", () =>
    Effect.gen(function*() {
      const { answers, driver, faults, start } = yield* desk
      yield* start("a", spawn)
      yield* faults.inject({ operation: "reboot" }, { _tag: "Hang" }, 1)
      yield* start("b", reboot)
      yield* start("b", reboot)
      yield* faults.clear
      yield* breathe
      assert.deepStrictEqual([answers, boots(yield* driver.consoleLog(specOf(1).id))], [[["a", "Done"], ["b", "Done"]], 2])
    }).pipe(Effect.scoped))

  it.effect("that were done while nobody listened are not done again for whoever asks later", () =>
    Effect.gen(function*() {
      const { answers, desk: { keepOnly }, driver, line, start } = yield* desk
      yield* start("a", spawn)
      line.isUp = false
      yield* start("b", reboot)
      line.isUp = true
      keepOnly(["b"])
      yield* start("b", reboot)
      assert.deepStrictEqual([answers, boots(yield* driver.consoleLog(specOf(1).id))], [[["a", "Done"], ["b", "Done"]], 2])
    }).pipe(Effect.scoped))

  it.effect("of one server run in turn, those of others meanwhile", () =>
    Effect.gen(function*() {
      const { answers, faults, start } = yield* desk
      yield* faults.inject({ operation: "spawn", id: specOf(1).id }, { _tag: "Hang" }, 1)
      yield* start("a", spawn)
      yield* start("b", { _tag: "destroy", id: specOf(1).id })
      yield* start("c", { _tag: "spawn", spec: specOf(2) })
      yield* start("d", { _tag: "list" }, null)
      assert.deepStrictEqual(answers.map(([id]) => id), ["c", "d"])
      yield* faults.clear
      yield* breathe
      assert.deepStrictEqual(answers.map(([id]) => id), ["c", "d", "a", "b"])
    }).pipe(Effect.scoped))

  it.effect("under a newer epoch end those under an older one, and older ones are refused", () =>
    Effect.gen(function*() {
      const { answers, driver, faults, start } = yield* desk
      yield* faults.inject({ operation: "spawn" }, { _tag: "Hang" }, 1)
      yield* start("a", spawn, 1)
      yield* start("b", { _tag: "destroy", id: specOf(2).id }, 2)
      yield* start("c", { _tag: "spawn", spec: specOf(3) }, 1)
      yield* faults.clear
      yield* breathe
      assert.deepStrictEqual(answers, [["b", "Done"], ["c", "Failed"]])
      assert.deepStrictEqual(yield* driver.list, [])
    }).pipe(Effect.scoped))

  it.effect("that a new runner does not ask for are ended", () =>
    Effect.gen(function*() {
      const { answers, desk: { keepOnly }, driver, faults, start } = yield* desk
      yield* faults.inject({ operation: "spawn" }, { _tag: "Hang" }, 2)
      yield* start("a", spawn)
      yield* start("b", { _tag: "spawn", spec: specOf(2) })
      keepOnly(["b"])
      yield* breathe
      yield* faults.clear
      yield* breathe
      assert.deepStrictEqual(answers, [["b", "Done"]])
      assert.deepStrictEqual((yield* driver.list).map(({ id }) => id), [specOf(2).id])
    }).pipe(Effect.scoped))
})
