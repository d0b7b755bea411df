import { assert, describe, it } from "vitest"
import { matches } from "../../../src/actors/scheduler/match.ts"

describe("an operator of extra specs", () => {
  it.each<readonly [string | ReadonlyArray<string>, string, boolean]>([
    ["12", "= 11", true], ["12", "= 13", false], ["12", "== 12.0", true], ["12", "!= 12", false],
    ["9", ">= 10", false], ["9", "<= 10", true], ["9", "s> 10", true], ["a", "s== a", true], ["a", "s!= a", false],
    ["a", "s< b", true], ["b", "s<= a", false], ["b", "s>= b", true],
    ["abcdef", "<in> cd", true], ["abcdef", "<in> xy", false], [["avx", "sse"], "<in> avx", true],
    [["avx", "sse"], "<all-in> sse avx", true], [["avx", "sse"], "<all-in> avx aes", false],
    ["b", "<or> a <or> b", true], ["c", "<or> a <or> b", false], ["<or>", "<or> a <or> b", false],
    ["same words", "same words", true], ["same", "other", false], ["1", "==", false], ["x", ">= 1", false], ["", "", true]
  ])("%s %s is %s", (value, wanted, expected) => assert.strictEqual(matches(value, wanted), expected))
})
