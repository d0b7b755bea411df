import { assert, describe, it } from "vitest"
import type { Aggregate } from "../../../src/actors/host/Aggregate.ts"
import { noPrefilters, prefilter, unfiltered } from "../../../src/actors/scheduler/prefilters.ts"

const naming = (uuid: string, metadata: Record<string, string>) => ({ uuid, metadata }) as unknown as Aggregate
const aggregates = [naming("b", { filter_tenant_id: "p, q" }), naming("a", { filter_tenant_id_2: "p" }), naming("c", { other: "p" })]
const asking = (projectId: string, imageProperties: Record<string, string> = {}) => ({ projectId, imageProperties })

describe("prefilters", () => {
  it("ask nothing unless an operator says so", () =>
    assert.strictEqual(prefilter(noPrefilters, () => aggregates)(asking("p", { disk_format: "qcow2", hw_disk_bus: "scsi" })), unfiltered))

  it("ask for the image's format, and for what it names of buses and models", () => {
    const image = { disk_format: "qcow2", hw_disk_bus: "scsi", hw_vif_model: "e1000e", hw_video_model: "" }
    const asked = (more: object) => prefilter({ ...noPrefilters, ...more }, () => aggregates)(asking("p", image)).required
    assert.deepStrictEqual(asked({ isImageTypeAsked: true }), ["COMPUTE_IMAGE_TYPE_QCOW2"])
    assert.deepStrictEqual(asked({ isImageMetadataAsked: true }), ["COMPUTE_STORAGE_BUS_SCSI", "COMPUTE_NET_VIF_MODEL_E1000E"])
  })

  it("keep projects to the aggregates that name them, and the others out where one is required", () => {
    const limit = (projectId: string, isTenantAggregateRequired: boolean) =>
      prefilter({ ...noPrefilters, areTenantsLimited: true, isTenantAggregateRequired }, () => aggregates)(asking(projectId)).tenantAggregates
    assert.deepStrictEqual([limit("p", false), limit("q", true), limit("r", false), limit("r", true)], [["a", "b"], ["b"], null, []])
  })
})
