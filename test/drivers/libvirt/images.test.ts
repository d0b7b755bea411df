import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeDisks } from "../../../src/drivers/libvirt/images.ts"
import { hasProgram, requires } from "../../fixtures/require.ts"
import { domainSpec, imageSource } from "./domainSpec.ts"

const describeImages = requires("qemu-img", {
  present: () => hasProgram("qemu-img"),
  install: "apt-get install --no-install-recommends qemu-utils"
})

const gigabyte = 1_073_741_824
const qemuImg = (...args: ReadonlyArray<string>): string => execFileSync("qemu-img", [...args], { encoding: "utf8" })
const info = (path: string) => JSON.parse(qemuImg("info", "-U", "--output=json", path))

const workspace = Effect.acquireRelease(
  Effect.gen(function*() {
    const root = mkdtempSync(join(tmpdir(), "kilonova-images-"))
    const image = join(root, "image.raw")
    writeFileSync(image, "first bytes of the image")
    const folder = join(root, "instances")
    return { root, image, folder, disks: yield* makeDisks(folder) }
  }),
  ({ root }) => Effect.sync(() => rmSync(root, { recursive: true, force: true }))
)

describeImages("disks of guests", () => {
  it.effect("a root disk has the image's content and the flavor's size", () =>
    Effect.gen(function*() {
      const { disks, folder, image } = yield* workspace
      const spec = domainSpec({ rootGb: 2, image: imageSource({ path: image, diskFormat: "raw" }) })
      const files = yield* disks.prepare(spec)
      const path = join(folder, spec.id, "disk.qcow2")
      assert.deepStrictEqual(files.disks, [{ path, format: "qcow2", device: "disk" }])
      assert.strictEqual(info(path)["virtual-size"], 2 * gigabyte)
      assert.include(qemuImg("convert", "-O", "raw", path, join(folder, "out")) + execFileSync("head", ["-c", "24", join(folder, "out")]), "first bytes")
    }))

  it.effect("preparing twice changes nothing", () =>
    Effect.gen(function*() {
      const { disks, folder } = yield* workspace
      const spec = domainSpec({ swapMb: 8, ephemeralGb: 1 })
      const once = yield* disks.prepare(spec)
      const before = execFileSync("sh", ["-c", `ls -li --time-style=full-iso ${join(folder, spec.id)}`]).toString()
      assert.deepStrictEqual(yield* disks.prepare(spec), once)
      assert.strictEqual(execFileSync("sh", ["-c", `ls -li --time-style=full-iso ${join(folder, spec.id)}`]).toString(), before)
      assert.deepStrictEqual(once.disks.map(({ path }) => path.split("/").at(-1)), ["disk.qcow2", "ephemeral.raw", "swap.raw"])
    }))

  it.effect("a base image is shared by its guests and goes with the last of them", () =>
    Effect.gen(function*() {
      const { disks, folder, image } = yield* workspace
      const specs = [0, 1, 2].map(() => domainSpec({ image: imageSource({ path: image, diskFormat: "raw" }) }))
      yield* Effect.forEach(specs, disks.prepare, { concurrency: 3 })
      const bases = () => readdirSync(join(folder, "_base"))
      assert.strictEqual(bases().length, 1)
      const [first, second, third] = specs.map(({ id }) => id)
      yield* disks.remove(first!)
      yield* disks.remove(second!)
      assert.strictEqual(bases().length, 1)
      assert.deepStrictEqual([...(yield* disks.ids)], [third])
      writeFileSync(join(folder, "_base", "half.qcow2.part"), "what a crash leaves")
      yield* disks.remove(third!)
      yield* disks.remove(third!)
      assert.deepStrictEqual(bases(), [])
    }))

  it.effect("an image that refers to other files is refused", () =>
    Effect.gen(function*() {
      const { disks, image, root } = yield* workspace
      const evil = join(root, "evil.qcow2")
      qemuImg("create", "-q", "-f", "qcow2", "-F", "raw", "-b", image, evil)
      const error = yield* Effect.flip(disks.prepare(domainSpec({ image: imageSource({ path: evil }) })))
      assert.deepInclude(error, { _tag: "DriverError", isRetryable: false })
      assert.include(error.message, "refers to other files")
      const flat = join(root, "flat.vmdk")
      qemuImg("create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", flat, "1M")
      const vmdk = yield* Effect.flip(
        disks.prepare(domainSpec({ image: imageSource({ path: flat, diskFormat: "vmdk" }) }))
      )
      assert.include(vmdk.message, "refers to other files")
    }))

  it.effect("an image is what it claims to be, or refused", () =>
    Effect.gen(function*() {
      const { disks, image } = yield* workspace
      const lying = yield* Effect.flip(disks.prepare(domainSpec({ image: imageSource({ path: image, diskFormat: "qcow2" }) })))
      assert.isFalse(lying.isRetryable)
      assert.match(lying.message, /^image \S+ is not a readable qcow2 image$/)
      const unknown = yield* Effect.flip(disks.prepare(domainSpec({ image: imageSource({ path: image, diskFormat: "ploop" }) })))
      assert.include(unknown.message, "ploop")
    }))

  it.effect("a flavor too small for its image is refused", () =>
    Effect.gen(function*() {
      const { disks, root } = yield* workspace
      const large = join(root, "large.qcow2")
      qemuImg("create", "-q", "-f", "qcow2", large, "3G")
      const error = yield* Effect.flip(disks.prepare(domainSpec({ rootGb: 1, image: imageSource({ path: large }) })))
      assert.include(error.message, "needs 3 GB")
      const zero = domainSpec({ rootGb: 0, image: imageSource({ path: large }) })
      const files = yield* disks.prepare(zero)
      assert.strictEqual(info(files.disks[0]?.path ?? "")["virtual-size"], 3 * gigabyte)
    }))

  it.effect("only a server's id names a folder", () =>
    Effect.gen(function*() {
      const { disks, image } = yield* workspace
      for (const id of ["..", "_base", "", "../image.raw"]) {
        assert.isFalse((yield* Effect.flip(disks.remove(id))).isRetryable)
        assert.isFalse((yield* Effect.flip(disks.prepare(domainSpec({ id, name: "n" })))).isRetryable)
      }
      assert.isTrue(existsSync(image))
    }))

  it.effect("kernel and ramdisk are the guest's own copies", () =>
    Effect.gen(function*() {
      const { disks, image, root } = yield* workspace
      writeFileSync(join(root, "kernel"), "kernel")
      const spec = domainSpec({
        image: imageSource({ path: image, diskFormat: "raw", kernelPath: join(root, "kernel"), ramdiskPath: null })
      })
      const { kernel } = yield* disks.prepare(spec)
      assert(kernel !== null)
      assert.isTrue(existsSync(kernel.path))
      assert.notStrictEqual(kernel.path, join(root, "kernel"))
    }))

  it.effect("what was made from an image stays when the image goes", () =>
    Effect.gen(function*() {
      const { disks, image, root } = yield* workspace
      writeFileSync(join(root, "kernel"), "kernel")
      for (const diskFormat of ["raw", "iso"]) {
        const source = imageSource({ path: image, diskFormat, kernelPath: join(root, "kernel"), ramdiskPath: join(root, "kernel") })
        const spec = domainSpec({ image: source })
        const made = yield* disks.prepare(spec)
        const gone = { ...spec, image: { ...source, path: "", kernelPath: null, ramdiskPath: null } }
        assert.deepStrictEqual(yield* disks.prepare(gone), made)
      }
    }))
})
