import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  type Client, type DomainRef, LibvirtConnectionError, LibvirtError, type LibvirtFailure
} from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { provenVirtType } from "../../../src/drivers/libvirt/probe.ts"
import { first, parse } from "../../../src/drivers/libvirt/xml.ts"

type Outcome = "boots" | "crawls" | "is refused" | "is not reached"

/** A libvirt that only makes probe guests; one that crawls prints its first words and gets no further. */
const clientWhere = (outcomes: { readonly qemu: Outcome; readonly kvm: Outcome }) => {
  const left: Array<string> = []
  const domainCreateXml: Client["domainCreateXml"] = ({ xml }) =>
    Effect.suspend((): Effect.Effect<DomainRef, LibvirtFailure> => {
      const domain = parse(xml)
      const type = domain.attributes["type"] === "kvm" ? "kvm" : "qemu"
      const name = first(domain, "name")?.text ?? ""
      switch (outcomes[type]) {
        case "is refused":
          return Effect.fail(
            new LibvirtError({ procedure: "domainCreateXml", code: 67, domain: 10, level: 2, message: "no KVM here" })
          )
        case "is not reached":
          return Effect.fail(new LibvirtConnectionError({ reason: "closed", message: "gone", wasSent: true }))
        case "boots":
        case "crawls": {
          const log = first(domain, "devices", "serial", "source")?.attributes["path"] ?? ""
          appendFileSync(log, outcomes[type] === "boots" ? "SeaBIOS\r\n\r\nNo bootable device.\r\n" : "SeaBIOS (version")
          left.push(name)
          return Effect.succeed({ name, uuid: "", id: 1 })
        }
      }
    })
  const domainDestroy: Client["domainDestroy"] = ({ domain }) =>
    Effect.sync(() => void left.splice(left.indexOf(domain.name), 1))
  return { client: { domainCreateXml, domainDestroy } as Client, left }
}

const probe = (outcomes: { readonly qemu: Outcome; readonly kvm: Outcome }) =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "kilonova-probe-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    writeFileSync(join(folder, "_probe.log"), "No bootable device, said a guest of the process that was killed")
    const { client, left } = clientWhere(outcomes)
    const exit = yield* Effect.result(provenVirtType(client, folder))
    assert.deepStrictEqual([left, readdirSync(folder)], [[], []], "a probe left something behind")
    return yield* Effect.fromResult(exit)
  })

describe("virt_type auto", () => {
  it.live.each([
    ["boots", "boots", "kvm"],
    ["boots", "crawls", "qemu"],
    ["boots", "is refused", "qemu"],
    ["is refused", "boots", "kvm"]
  ] as const)("translated it %s, under KVM it %s: %s", ([qemu, kvm, expected]) =>
    Effect.map(probe({ qemu, kvm }), (virtType) => assert.strictEqual(virtType, expected)))

  it.live("decides nothing while libvirt cannot be asked", () =>
    Effect.map(Effect.flip(probe({ qemu: "boots", kvm: "is not reached" })), (error) =>
      assert.strictEqual(error._tag, "LibvirtConnectionError")))
})
