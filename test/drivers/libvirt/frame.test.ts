import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { encodeFrame, type Frame, makeDeframer } from "../../../src/drivers/libvirt/node-libvirt/frame.ts"
import { parseUri } from "../../../src/drivers/libvirt/node-libvirt/uri.ts"
import { XdrError } from "../../../src/drivers/libvirt/node-libvirt/xdr.ts"

const frame = (serial: number, bytes: number): Frame => ({
  program: 0x20008086, procedure: 14, type: 1, serial, status: 0, body: Buffer.alloc(bytes, serial)
})

describe("frames", () => {
  it("are a length and six words before the body", () =>
    assert.strictEqual(
      encodeFrame({ ...frame(3, 0), body: Buffer.from("cafe0000", "hex") }).toString("hex"),
      "00000020" + "20008086" + "00000001" + "0000000e" + "00000001" + "00000003" + "00000000" + "cafe0000"
    ))

  const Sizes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 })))
  it.prop("survive any cut of the byte stream", { bodies: Sizes, cuts: Sizes }, ({ bodies, cuts }) => {
    const sent = bodies.map((bytes, index) => frame(index + 1, bytes))
    const stream = Buffer.concat(sent.map(encodeFrame))
    const deframe = makeDeframer()
    const received: Array<Frame> = []
    let at = 0
    for (const cut of [...cuts, stream.length]) {
      const end = Math.min(stream.length, at + cut)
      received.push(...deframe(stream.subarray(at, end)))
      at = end
    }
    assert.deepStrictEqual(received, sent)
  })

  it("arrive byte by byte", () => {
    const deframe = makeDeframer()
    const bytes = Buffer.concat([encodeFrame(frame(1, 5)), encodeFrame(frame(2, 0))])
    const received = Array.from(bytes).flatMap((byte) => [...deframe(Buffer.from([byte]))])
    assert.deepStrictEqual(received.map(({ serial }) => serial), [1, 2])
  })

  it("are refused when their length cannot be", () => {
    assert.throws(() => makeDeframer()(Buffer.from("00000004", "hex")), XdrError)
    assert.throws(() => makeDeframer()(Buffer.from("7fffffff", "hex")), XdrError)
  })
})

describe("connection URIs", () => {
  const name = (uri: string) => Result.getOrThrow(parseUri(uri, "/run/user/7"))

  it.each([
    ["qemu:///system", "qemu:///system", ["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"]],
    ["qemu:///session", "qemu:///session", ["/run/user/7/libvirt/libvirt-sock", "/run/user/7/libvirt/virtqemud-sock"]],
    ["qemu+unix:///system?socket=/a/b", "qemu:///system", ["/a/b"]],
    ["test:///default", "test:///default", ["/run/libvirt/libvirt-sock"]],
    ["lxc:///", "lxc:///", ["/run/libvirt/libvirt-sock", "/run/libvirt/virtlxcd-sock"]]
  ])("%s is a unix socket", (uri, opened, paths) =>
    assert.deepStrictEqual(name(uri), { name: opened, endpoint: { _tag: "Unix", paths } }))

  it.each([
    ["qemu+tcp://10.0.0.1/system", "10.0.0.1", 16_509],
    ["qemu+tcp://host.example:99/system", "host.example", 99],
    ["qemu+tcp://[fd00::1]:99/system", "fd00::1", 99]
  ])("%s is a TCP address", (uri, host, port) =>
    assert.deepStrictEqual(name(uri), { name: "qemu:///system", endpoint: { _tag: "Tcp", host, port } }))

  it.each(["qemu+ssh://host/system", "qemu://host/system", "qemu+tcp:///system", "nonsense"])("%s is refused", (uri) =>
    assert.isTrue(Result.isFailure(parseUri(uri))))
})
