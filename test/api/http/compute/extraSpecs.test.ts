/** Extra specs as the reference lists them: each name, and values just inside and just outside of its rule. */
import { assert, describe, it } from "vitest"
import { violationOf } from "../../../../src/api/http/compute/flavors/extraSpecs.ts"
import { hasShared, readShared } from "../../../fixtures/shared.ts"

type Values = readonly [good: ReadonlyArray<string>, bad: ReadonlyArray<string>]

const bools: Values = [["true", " YES ", "0", "off"], ["", "2", "maybe"]]
const intsFrom = (min: number | null, max: number | null): Values => [
  [String(min ?? "-7"), ` ${min ?? 3} `, String(max ?? "2147483648")],
  ["", "x", "1.5", ...(min === null ? [] : [String(min - 1)]), ...(max === null ? [] : [String(max + 1)])]
]
/** By the pattern's beginning. */
const patterned: ReadonlyArray<readonly [start: string, values: Values]> = [
  ["(\\^)?\\d+((", [["0", "^1", "0-3,^2,5", "1,2-3-4"], ["", "x", "1,", "-1", "1,,2", "1^2"]]],
  ["\\^?\\d+((", [["0", "^1", "0-3,^2,5", "1,2-3-4"], ["", "x", "1,", "-1", "1,,2", "1^2"]]],
  ["(large", [["large", "any", "2048", "2MB", "1Gib", "1GiB"], ["", "huge", "2 MB", "MB"]]],
  ["([a-zA-Z0-9_]+(,)?)+", [["a", "a,b_1", "a,"], ["", ",a", "a,,b", "a b"]]],
  ["[^:]+:\\d+", [["a:1", "a:1, b b:2"], ["", "a", "a:", "a:1,b", ":1"]]]
]

const valuesOf = (type: string, min: string, max: string, choices: string, pattern: string): Values => {
  if (type === "bool") return bools
  if (type === "int") return intsFrom(min === "" ? null : Number(min), max === "" ? null : Number(max))
  if (choices !== "") return [choices.split(","), ["", `${choices.split(",")[0]}x`, ` ${choices.split(",")[0]}`]]
  const found = patterned.find(([start]) => pattern.startsWith(start))?.[1]
  assert.isTrue(pattern === "" || found !== undefined, pattern)
  return found ?? [["", "anything: at all"], []]
}

/** `{group}` and its like, filled in: the first of each is right, the second wrong, or there is none. */
const fillings: Readonly<Record<string, readonly [right: ReadonlyArray<string>, wrong: ReadonlyArray<string>]>> = {
  group: [["", "1", "_A-b"], ["a.b", "x".repeat(65)]],
  num: [["0", "12"], ["x", ""]],
  key: [["a", "a:b"], []],
  filter: [["", ":a", ":a:b_1"], ["x", ":a-b", ":"]],
  resource: [["A", "A_1"], ["a", "-"]],
  trait: [["A", "A_1"], ["a", "-"]]
}
/** All that is right at once, and one wrong at a time. */
const namesOf = (name: string): readonly [right: ReadonlyArray<string>, wrong: ReadonlyArray<string>] => {
  const parameters = [...name.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
  const filled = (pick: (parameter: string) => string) => parameters.reduce((text, each) => text.replace(`{${each}}`, pick(each)), name)
  const right = [0, 1, 2].map((index) => filled((each) => fillings[each]![0][index] ?? fillings[each]![0][0]!))
  const wrong = parameters.flatMap((bad) => fillings[bad]![1].map((text) => filled((each) => each === bad ? text : fillings[each]![0][0]!)))
  return [right, wrong]
}

describe.runIf(hasShared)("extra specs of the reference", () => {
  const rows = readShared("nova-api/extra_specs.tsv").trim().split("\n").slice(1).map((line) => line.split("\t"))

  it("are valid by name and value, and by no other", () => {
    const wrong: Array<string> = []
    const expectThat = (name: string, value: string, isValid: boolean) => {
      if ((violationOf(name, value) === null) !== isValid) wrong.push(`${name}=${value} is ${isValid ? "" : "in"}valid`)
    }
    for (const [, name = "", type = "", min = "", max = "", choices = "", pattern = ""] of rows) {
      const [good, bad] = valuesOf(type, min, max, choices, pattern)
      const [right, misnamed] = namesOf(name)
      for (const each of right) {
        for (const value of good) expectThat(each, value, true)
        for (const value of bad) expectThat(each, value, false)
      }
      // A group of another form makes another namespace, which is nobody's.
      for (const each of misnamed) expectThat(each, good[0]!, name.startsWith("resources{") || name.startsWith("trait{") ? each.includes("a.b") || each.includes("xxx") : false)
    }
    assert.deepStrictEqual(wrong, [])
    assert.isAbove(rows.length, 400)
  })
})

describe("extra specs", () => {
  it("of a known namespace are known, and of others nobody's business", () => {
    for (const name of ["hw:cpu_polcy", "quota:x", "traits:X", "resources:vcpu", "trait:HW_NO_SUCH", "trait1:nothing", "capabilities:no_such", "os:x"]) {
      assert.match(violationOf(name, "1") ?? "", new RegExp(`'${name}' does not appear to be a valid extra spec`))
    }
    for (const name of ["own:thing", "thing", "hwx:cpu_policy", "HW:cpu_policy", "resource:VCPU"]) assert.isNull(violationOf(name, "1"))
    assert.match(violationOf("hw:cpu_policy", "1")!, /hw:cpu_policy.*dedicated, shared, mixed/)
  })

  it("that are wrong at their end are refused at once", () => {
    for (const [name, value] of [["hw:numa_cpus.0", `0${",1-2".repeat(60)}x`], ["hw:pmem", `${"a".repeat(250)}!`], ["pci_passthrough:alias", `a:1${" , b:1".repeat(40)}x`]] as const) {
      const before = performance.now()
      assert.isNotNull(violationOf(name, value))
      assert.isBelow(performance.now() - before, 100, name)
    }
  })
})
