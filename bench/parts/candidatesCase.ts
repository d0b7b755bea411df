/** Placement's hardest question: eight groups, each by a provider of its own, over the eight children of one tree. */
import { candidates } from "../../src/actors/placement/candidates/candidates.ts"
import type { CandidatesRequest } from "../../src/actors/placement/candidates/CandidatesRequest.ts"
import { Forest } from "../../src/actors/placement/Forest.ts"
import { anything, type Provider } from "../../src/actors/placement/Provider.ts"
import type { Resources } from "../../src/actors/placement/resourceClasses.ts"

const width = 8
/** As Nova asks for. */
const limit = 1000

const provider = (uuid: string, parentUuid: string | null): Provider => ({
  uuid, name: uuid, hostname: null, parentUuid, rootUuid: "root", updatedAt: "", measured: new Set(), traits: new Set(), aggregates: new Set(),
  inventories: new Map(parentUuid === null ? [] : [[
    "SRIOV_NET_VF", { total: 1, reserved: 0, minUnit: 1, maxUnit: 1, stepSize: 1, allocationRatio: 1 }
  ]])
})

/** Asks once; how many there were. */
export const nestedCandidates = () => {
  const forest = new Forest([provider("root", null), ...Array.from({ length: width }, (_, at) => provider(`child-${at}`, "root"))])
  const request: CandidatesRequest = {
    groups: Array.from({ length: width }, (_, at) => ({ ...anything, suffix: `_${at}`, resources: new Map([["SRIOV_NET_VF", 1]]) })),
    isIsolated: true, root: { required: [], forbidden: new Set() }, subtrees: [], isNested: true, limit
  }
  const unused: Resources = new Map()
  return (): number => candidates(forest, () => unused, request).found.length
}
