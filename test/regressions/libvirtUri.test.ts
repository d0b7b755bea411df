/** A connection URI that can never work was tried for ever, in silence, by a cloud without a host. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { freshFolder, kilonova } from "../fixtures/cloud.ts"

it.live("a start with a wrong URI ends, and says what is wrong with it", () =>
  Effect.gen(function*() {
    const dataDir = yield* freshFolder
    const process = yield* kilonova(["--driver", "libvirt", "--libvirt-uri", "qemu+ssh://host/system", "--data-dir", dataDir])
    const { code } = yield* process.exited
    assert.strictEqual(code, 2)
    assert.include(process.stderr(), "--libvirt-uri: qemu+ssh://host/system: transport ssh is not supported")
  }))
