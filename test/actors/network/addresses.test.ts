import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  contains,
  eui64,
  formatAddress,
  formatCidr,
  overlaps,
  parseAddress,
  parseCidr,
  poolsAround,
  usable
} from "../../../src/actors/network/addresses.ts"
import { AddressPool } from "../../../src/actors/network/AddressPool.ts"

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Word = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff }))
const Prefix = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 32 }))

describe("addresses", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["fe80::1:0:0:1", "fe80::1:0:0:1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
    ["1:2:3:4:5:6:0:8", "1:2:3:4:5:6:0:8"]
  ])("%s is %s", (text, canonical) => {
    const address = parseAddress(text)!
    assert.strictEqual(formatAddress(address.version, address.value), canonical)
  })

  it.each(["", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", "1:2", ":1::", "1::2::3", "g::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9"])(
    "%s is no address",
    (text) => assert.isUndefined(parseAddress(text))
  )

  it.prop("an IPv4 address survives its text", [Byte, Byte, Byte, Byte], (bytes) => {
    const text = bytes.join(".")
    const address = parseAddress(text)
    return address !== undefined && formatAddress(4, address.value) === text
  })

  it.prop("an IPv6 address survives its shortest text", [Schema.Tuple([Word, Word, Word, Word, Word, Word, Word, Word])], ([words]) => {
    const address = parseAddress(words.map((word) => word.toString(16)).join(":"))!
    return parseAddress(formatAddress(6, address.value))?.value === address.value
  })
})

describe("prefixes", () => {
  it.each([
    ["10.0.0.5/24", "10.0.0.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:db8::5/64", "2001:db8::/64"]
  ])("%s is %s", (text, canonical) => assert.strictEqual(formatCidr(parseCidr(text)!), canonical))

  it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0.0/24/1", "10.0.0.0/a"])(
    "%s is no prefix",
    (text) => assert.isUndefined(parseCidr(text))
  )

  it.prop("two prefixes overlap exactly when one contains the other's first address", [Byte, Prefix, Byte, Prefix], ([a, p, b, q]) => {
    const one = parseCidr(`10.${a}.0.0/${p}`)!
    const other = parseCidr(`10.${b}.0.0/${q}`)!
    return overlaps(one, other) === (contains(one, other.first) || contains(other, one.first))
  })

  it.prop("the pools around a gateway are all usable addresses but it", [Byte, Schema.Int.check(Schema.isBetween({ minimum: 24, maximum: 32 }))], ([host, prefix]) => {
    const cidr = parseCidr(`10.0.0.${host}/${prefix}`)!
    const gateway = usable(cidr).first
    const count = poolsAround(cidr, gateway).reduce((sum, range) => sum + range.last - range.first + 1n, 0n)
    const all = usable(cidr).last - usable(cidr).first + 1n
    return count === (all === 1n ? 1n : all - 1n) || cidr.first === cidr.last
  })

  it("a host in a /64 makes its address of its MAC address", () =>
    assert.strictEqual(
      formatAddress(6, eui64(parseCidr("2001:db8::/64")!, "fa:16:3e:12:34:56")),
      "2001:db8::f816:3eff:fe12:3456"
    ))
})

describe("AddressPool", () => {
  const range = { first: 10n, last: 19n }

  it("gives each address once, and then none", () => {
    const pool = new AddressPool([range])
    const given = Array.from({ length: 10 }, () => pool.take())
    assert.deepStrictEqual(given, [10n, 11n, 12n, 13n, 14n, 15n, 16n, 17n, 18n, 19n])
    assert.isUndefined(pool.take())
  })

  it("gives a released address again", () => {
    const pool = new AddressPool([range])
    for (let i = 0; i < 10; i++) pool.take()
    pool.release(13n)
    assert.strictEqual(pool.take(), 13n)
    assert.isUndefined(pool.take())
  })

  it("passes over claimed addresses, and refuses them twice", () => {
    const pool = new AddressPool([{ first: 1n, last: 2n }, { first: 5n, last: 5n }])
    assert.isTrue(pool.claim(1n))
    assert.isFalse(pool.claim(1n))
    assert.deepStrictEqual([pool.take(), pool.take(), pool.take()], [2n, 5n, undefined])
  })

  it("keeps what is taken when its ranges change", () => {
    const pool = new AddressPool([range])
    pool.take()
    pool.rewind([{ first: 10n, last: 11n }])
    assert.deepStrictEqual([pool.take(), pool.take()], [11n, undefined])
  })

  it("far away it is another address than the next one, and still any that is free", () => {
    const pool = new AddressPool([{ first: 0n, last: 99n }])
    assert.strictEqual(pool.takeFar(0.5), 50n)
    assert.strictEqual(pool.takeFar(0.5), 51n)
    assert.strictEqual(pool.take(), 0n)
    assert.strictEqual(pool.takeFar(0.999), 99n)
    assert.strictEqual(pool.takeFar(0.999), 1n, "it goes on at the beginning")
    pool.release(50n)
    assert.strictEqual(pool.takeFar(0.5), 50n)
    const rest = Array.from({ length: 95 }, () => pool.takeFar(0.5))
    assert.strictEqual(new Set(rest).size, 95)
    assert.isUndefined(pool.takeFar(0.5))
  })

  const Step = Schema.Literals(["take", "takeFar", "release", "claim"])
  it.prop("never holds an address twice, and never says full while one is free", [Schema.Array(Schema.Struct({ step: Step, at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 25 })) }))], ([steps]) => {
    const pool = new AddressPool([{ first: 0n, last: 9n }, { first: 12n, last: 20n }])
    const held = new Set<bigint>()
    const free = () => [...Array(10).keys(), ...[12, 13, 14, 15, 16, 17, 18, 19, 20]].filter((n) => !held.has(BigInt(n))).length
    for (const { step, at } of [...steps, ...steps, ...steps]) {
      const address = BigInt(at)
      if (step === "release") {
        held.delete(address)
        pool.release(address)
      } else if (step === "claim") {
        assert.strictEqual(pool.claim(address), !held.has(address))
        held.add(address)
      } else {
        const before = free()
        const taken = step === "take" ? pool.take() : pool.takeFar(at / 26)
        assert.strictEqual(taken === undefined, before === 0)
        if (taken !== undefined) {
          assert.isFalse(held.has(taken))
          held.add(taken)
        }
      }
      assert.strictEqual(pool.size, held.size)
    }
  })
})
