import type { FlavorSnapshot } from "../instance/Instance.ts"

/** A size of server. `isPublic: false` shows it to the projects of `access` only. RAM and swap in MiB, disks in GiB. */
export type Flavor = {
  readonly id: string
  readonly name: string
  readonly vcpus: number
  readonly ramMb: number
  readonly diskGb: number
  readonly ephemeralGb: number
  readonly swapMb: number
  readonly rxtxFactor: number
  readonly isPublic: boolean
  readonly isDisabled: boolean
  readonly description: string | null
  readonly extraSpecs: { readonly [key: string]: string }
  readonly access: ReadonlyArray<string>
  readonly createdAt: string
}

export const flavors = {
  type: "flavor",
  key: (flavor: Flavor) => flavor.id,
  unique: { name: (flavor: Flavor) => flavor.name }
}

const snapshots = new WeakMap<Flavor, FlavorSnapshot>()

/** What a server keeps of its flavor; one object for all servers of the same record. */
export const snapshotOf = (flavor: Flavor): FlavorSnapshot => {
  const known = snapshots.get(flavor)
  if (known !== undefined) return known
  const snapshot = {
    id: flavor.id,
    name: flavor.name,
    vcpus: flavor.vcpus,
    ramMb: flavor.ramMb,
    diskGb: flavor.diskGb,
    ephemeralGb: flavor.ephemeralGb,
    swapMb: flavor.swapMb,
    extraSpecs: flavor.extraSpecs
  }
  snapshots.set(flavor, snapshot)
  return snapshot
}

export const maySee = (flavor: Flavor, projectId: string | null, isAdmin: boolean): boolean =>
  flavor.isPublic || isAdmin || (projectId !== null && flavor.access.includes(projectId))
