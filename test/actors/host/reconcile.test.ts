import { assert, describe, it } from "vitest"
import { repairs } from "../../../src/actors/host/reconcile.ts"
import type { Instance, Work } from "../../../src/actors/instance/Instance.ts"
import type { DomainStatus } from "../../../src/drivers/Driver.ts"
import { anInstance } from "../../fixtures/instances.ts"

const work: Work = {
  action: "stop", step: "drive", generation: 4, requestId: "r", touchedAtMillis: 0, deadlineMillis: 0, attempt: 1, excludedHosts: []
}
const a = anInstance({ id: "a" })
const of = (servers: ReadonlyArray<Instance>, guests: ReadonlyArray<DomainStatus>) =>
  repairs("host-1", servers.filter(({ vmState }) => vmState !== "deleted"), guests, (id) => servers.find((server) => server.id === id))

describe("reconciliation", () => {
  it.each<readonly [string, ReadonlyArray<Instance>, ReadonlyArray<DomainStatus>, ReadonlyArray<unknown>]>([
    ["does nothing where both agree", [a], [{ id: "a", power: "running" }], []],
    ["tells of a guest that stopped", [a], [{ id: "a", power: "shutdown" }], [{ _tag: "Observe", instanceId: "a", power: 4 }]],
    ["tells of a guest that is gone", [a], [], [{ _tag: "Observe", instanceId: "a", power: 0 }]],
    ["leaves a server at work alone", [{ ...a, work }], [{ id: "a", power: "shutdown" }], []],
    ["leaves a server that never ran alone", [{ ...a, launchedAt: null }], [], []],
    ["ends the guest of a deleted server", [{ ...a, vmState: "deleted" }], [{ id: "a", power: "running" }], [{ _tag: "Destroy", instanceId: "a" }]],
    ["touches no guest it does not know", [], [{ id: "stranger", power: "running" }], []],
    ["ends what a failed build left of a server that lives elsewhere", [{ ...a, host: "host-2" }], [{ id: "a", power: "running" }], [{ _tag: "Destroy", instanceId: "a" }]],
    ["or was deleted elsewhere", [{ ...a, vmState: "deleted", host: "host-2" }], [{ id: "a", power: "running" }], [{ _tag: "Destroy", instanceId: "a" }]],
    ["or has no host at all", [{ ...a, vmState: "error", host: null }], [{ id: "a", power: "running" }], [{ _tag: "Destroy", instanceId: "a" }]],
    ["but not of one that is still at work", [{ ...a, work, host: "host-2" }], [{ id: "a", power: "running" }], []]
  ])("%s", (_, servers, guests, expected) => assert.deepStrictEqual(of(servers, guests), expected))
})
