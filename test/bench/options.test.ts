import { assert, describe, it } from "vitest"
import { parse } from "../../bench/options.ts"

const known = ["journal", "boots", "lists"]
const problemOf = (...args: ReadonlyArray<string>) => {
  const parsed = parse(args, known)
  return "problem" in parsed ? parsed.problem : null
}

describe("command line of the bench", () => {
  it("without a part it is all of them", () => assert.deepInclude(parse([], known), { parts: known, isQuick: false, rounds: null }))

  it("parts come in their own order, each once", () =>
    assert.deepInclude(parse(["lists", "journal", "lists", "--quick"], known), { parts: ["journal", "lists"], isQuick: true }))

  it("a group is all of its parts, and none of them is run unless it was named", () => {
    const all = [...known, "cluster-boots", "cluster-scale"]
    const partsOf = (...args: ReadonlyArray<string>) => parse(args, all, known)
    assert.deepInclude(partsOf("cluster", "boots"), { parts: ["boots", "cluster-boots", "cluster-scale"] })
    assert.deepInclude(partsOf("cluster-scale"), { parts: ["cluster-scale"] })
    assert.deepInclude(partsOf(), { parts: known })
    assert.property(partsOf("clust"), "problem")
  })

  it("values may stand beside their option or after it", () => {
    assert.deepInclude(parse(["--rounds", "7", "--out=a=b.json"], known), { rounds: 7, out: "a=b.json" })
  })

  it("names what it does not understand", () => {
    assert.match(problemOf("bots")!, /^bots is not a part; there are: journal, boots, lists$/)
    assert.match(problemOf("--fast")!, /--fast is not an option/)
    assert.match(problemOf("--out")!, /--out needs a value/)
    for (const rounds of ["0", "1.5", "x", "-1", "1000"]) assert.match(problemOf("--rounds", rounds)!, /from 1 to 999/)
  })
})
