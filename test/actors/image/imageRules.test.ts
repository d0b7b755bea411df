import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { Image } from "../../../src/actors/image/Image.ts"
import * as imageFields from "../../../src/actors/image/imageFields.ts"
import { patch } from "../../../src/actors/image/imagePatch.ts"
import type { ImageChange } from "../../../src/actors/image/imagePatch.ts"
import { listsImage, seesImage } from "../../../src/actors/image/imagePolicy.ts"
import { admin, alice, bob } from "../../fixtures/callers.ts"

const image = (changes: Partial<Image> = {}): Image => ({
  id: "image-1", name: "disk", status: "active", visibility: "shared", owner: alice.projectId, isProtected: false,
  isHidden: false, containerFormat: "bare", diskFormat: "raw", minDisk: 0, minRam: 0, tags: ["a"],
  properties: { os_distro: "debian" }, members: [], sizeBytes: 1, checksum: null, hashAlgorithm: null, hashValue: null,
  createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z", ...changes
})
const why = <A>(result: Result.Result<A, { readonly kind: string }>) => Result.isFailure(result) ? result.failure.kind : "accepted"

describe("a create request", () => {
  it("fills in what it leaves out and keeps other names as properties", () =>
    assert.deepInclude(Result.getOrThrow(imageFields.describe({ name: "disk", kernel_id: "k", tags: ["a", "b", "a"] }, "red")), {
      name: "disk", owner: "red", visibility: "shared", isProtected: false, minDisk: 0, diskFormat: null,
      tags: ["a", "b"], properties: { kernel_id: "k" }
    }))

  it.each<[name: string, body: Record<string, unknown>, kind: string]>([
    ["a number as name", { name: 5 }, "badRequest"],
    ["a name that is too long", { name: "x".repeat(256) }, "badRequest"],
    ["an unknown disk format", { disk_format: "floppy" }, "badRequest"],
    ["an unknown visibility", { visibility: "secret" }, "badRequest"],
    ["a negative size", { min_disk: -1 }, "badRequest"],
    ["a size that is no integer", { min_ram: 1.5 }, "badRequest"],
    ["a property that is no text", { hw_disk_bus: { a: 1 } }, "badRequest"],
    ["a tag that is no text", { tags: [1] }, "badRequest"],
    ["a status", { status: "active" }, "forbidden"],
    ["a reserved name", { deleted: "no" }, "forbidden"],
    ["a name of Glance's own", { os_glance_x: "y" }, "forbidden"],
    ["too many properties", Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`p${at}`, "x"])), "tooLarge"],
    ["too many tags", { tags: Array.from({ length: 129 }, (_, at) => `t${at}`) }, "tooLarge"]
  ])("is refused with %s", (_, body, kind) => assert.strictEqual(why(imageFields.describe(body, "red")), kind))
})

describe("a patch", () => {
  const change = (op: ImageChange["op"], path: string, value?: unknown): ImageChange => ({ op, path: path.split("/"), value })

  it("changes attributes, properties and tags", () => {
    const next = Result.getOrThrow(patch(image(), [
      change("replace", "name", "new"),
      change("add", "hw_disk_bus", "virtio"),
      change("remove", "os_distro"),
      change("add", "tags/-", "b"),
      change("remove", "tags/0")
    ], alice))
    assert.deepInclude(next, { name: "new", properties: { hw_disk_bus: "virtio" }, tags: ["b"] })
  })

  it.each<[name: string, change: ImageChange, kind: string]>([
    ["to replace a property that is not there", change("replace", "nope", "x"), "conflict"],
    ["to remove a property that is not there", change("remove", "nope"), "conflict"],
    ["to remove an attribute of Glance's own", change("remove", "name"), "forbidden"],
    ["to set what Glance computes", change("replace", "checksum", "x"), "forbidden"],
    ["to set the id", change("replace", "id", "x"), "forbidden"],
    ["to reformat bytes that are there", change("replace", "disk_format", "qcow2"), "forbidden"],
    ["to publish without being an admin", change("replace", "visibility", "public"), "forbidden"],
    ["to give the image away", change("replace", "owner", "blue-id"), "forbidden"],
    ["of the wrong type", change("replace", "min_disk", "1"), "badRequest"],
    ["of a path too deep", change("add", "name/first", "x"), "badRequest"],
    ["of a tag that is not there", change("remove", "tags/7"), "badRequest"]
  ])("is refused %s", (_, each, kind) => assert.strictEqual(why(patch(image(), [each], alice)), kind))

  it("lets an admin publish", () =>
    assert.strictEqual(why(patch(image(), [change("replace", "visibility", "public")], admin)), "accepted"))
})

describe("visibility", () => {
  const member = { memberId: bob.projectId!, status: "pending" as const, createdAt: "", updatedAt: "" }
  const seenBy = (each: Image) => [seesImage(bob, each), listsImage(bob, each, null, "accepted"), listsImage(bob, each, "all", "accepted")]

  it.each<[name: string, image: Image, sees: boolean, lists: boolean, listsAll: boolean]>([
    ["private", image({ visibility: "private" }), false, false, false],
    ["public", image({ visibility: "public" }), true, true, true],
    ["community", image({ visibility: "community" }), true, false, true],
    ["shared with others", image(), false, false, false],
    ["shared with bob, pending", image({ members: [member] }), true, false, false],
    ["shared with bob, accepted", image({ members: [{ ...member, status: "accepted" }] }), true, true, true],
    ["private with members", image({ visibility: "private", members: [member] }), false, false, false],
    ["bob's own", image({ visibility: "private", owner: bob.projectId }), true, true, true]
  ])("%s", (_, each, ...expected) => assert.deepStrictEqual(seenBy(each), expected))
})
