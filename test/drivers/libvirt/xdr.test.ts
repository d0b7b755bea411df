import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { cpuMapOf, cpusOf } from "../../../src/drivers/libvirt/node-libvirt/layouts.ts"
import { typedParams } from "../../../src/drivers/libvirt/node-libvirt/typedParams.ts"
import {
  type Codec, decode, encode, fixedChars, hyper, int, list, nullable, opaque, size, string, struct, uhyper, uint, uuid, XdrError
} from "../../../src/drivers/libvirt/node-libvirt/xdr.ts"

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
const roundTrip = <A>(codec: Codec<A>, value: A): A => decode(codec, encode(codec, value))

const Int32 = Schema.Int.check(Schema.isBetween({ minimum: -0x80000000, maximum: 0x7fffffff }))
const Uint32 = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff }))
const Size = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
// A lone surrogate has no UTF-8; libvirt could not send it either.
const Text = Schema.String.check(Schema.makeFilter((value) => value.isWellFormed()))

describe("xdr", () => {
  it("writes the bytes RFC 4506 asks for", () => {
    assert.strictEqual(hex(encode(int, -2)), "fffffffe")
    assert.strictEqual(hex(encode(uhyper, 258n)), "0000000000000102")
    assert.strictEqual(hex(encode(hyper, -1n)), "ffffffffffffffff")
    assert.strictEqual(hex(encode(string, "sillyprog")), "0000000973696c6c7970726f67000000")
    assert.strictEqual(hex(encode(list(uint, 4), [1, 2])), "000000020000000100000002")
    assert.strictEqual(hex(encode(nullable(uint), null)), "00000000")
    assert.strictEqual(hex(encode(nullable(uint), 7)), "0000000100000007")
    assert.strictEqual(
      hex(encode(uuid, "6695eb01-f6a4-8304-79aa-97f2502e193f")),
      "6695eb01f6a4830479aa97f2502e193f"
    )
  })

  it.prop("any value comes back as it went", {
    text: Text, number: Int32, flags: Uint32, bytes: Size, items: Schema.Array(Text)
  }, ({ bytes, flags, items, number, text }) => {
    const layout = struct({
      text: string, number: int, flags: uint, bytes: size, items: list(string, 1_000), maybe: nullable(string)
    })
    const value = { text, number, flags, bytes, items, maybe: items[0] ?? null }
    assert.deepStrictEqual(roundTrip(layout, value), value)
  })

  it.prop("every encoding is a multiple of four bytes", { text: Text }, ({ text }) =>
    assert.strictEqual(encode(string, text).length % 4, 0))

  it.prop("a value cut short is refused, never misread", { text: Text, cut: Uint32 }, ({ cut, text }) => {
    const bytes = encode(struct({ number: uhyper, text: string }), { number: 1n, text })
    assert.throws(
      () => decode(struct({ number: uhyper, text: string }), bytes.subarray(0, cut % bytes.length)),
      XdrError
    )
  })

  it("refuses what its layout cannot hold", () => {
    assert.throws(() => encode(int, 0x80000000), XdrError)
    assert.throws(() => encode(uint, -1), XdrError)
    assert.throws(() => encode(uint, 1.5), XdrError)
    assert.throws(() => encode(size, Number.MAX_SAFE_INTEGER + 1), XdrError)
    assert.throws(() => encode(uhyper, -1n), XdrError)
    assert.throws(() => encode(opaque(2), new Uint8Array(3)), XdrError)
    assert.throws(() => encode(list(uint, 1), [1, 2]), XdrError)
    assert.throws(() => encode(uuid, "not-a-uuid"), XdrError)
    assert.throws(() => decode(size, Buffer.alloc(8, 0xff)), XdrError)
  })

  it("a false length does not make it allocate", () =>
    assert.throws(() => decode(list(string, 0xffffffff), Buffer.from("fffffff0", "hex")), XdrError))

  it("fixed characters are four bytes each and end at the zero", () => {
    const bytes = encode(fixedChars(4), "abcdef")
    assert.strictEqual(hex(bytes), "00000061000000620000006300000000")
    assert.strictEqual(decode(fixedChars(4), bytes), "abc")
  })

  it("typed parameters keep their types", () => {
    const params = [
      { field: "i", type: "int", value: -1 },
      { field: "u", type: "uint", value: 4_000_000_000 },
      { field: "l", type: "llong", value: -5n },
      { field: "ul", type: "ullong", value: 1n << 63n },
      { field: "d", type: "double", value: 0.5 },
      { field: "b", type: "boolean", value: true },
      { field: "s", type: "string", value: "text" }
    ] as const
    assert.deepStrictEqual(roundTrip(typedParams(8), params), params)
  })

  it("CPU maps count from the lowest bit", () => {
    assert.strictEqual(hex(cpuMapOf([0, 9], 12)), "0102")
    assert.deepStrictEqual(cpusOf(Buffer.from("0102", "hex")), [0, 9])
    assert.deepStrictEqual(cpusOf(cpuMapOf([3, 99], 12)), [3])
  })
})
