/** Guests and hosts of these tests, in few words. */
import { Result } from "effect"
import { guestTopologyOf } from "../../../../src/actors/placement/numa/constraints.ts"
import type { GuestTopology } from "../../../../src/actors/placement/numa/GuestTopology.ts"
import type { HardwareWish } from "../../../../src/actors/placement/numa/HardwareWish.ts"
import { type HostCell, hostCell, type HostTopology } from "../../../../src/actors/placement/numa/HostTopology.ts"
import { type ImageProperties, imageWishOf } from "../../../../src/actors/placement/numa/imageWish.ts"

/** Extra specs of namespace `hw`, and image properties of prefix `hw_`, by their names alone. */
export interface Words {
  readonly hw?: { readonly [name: string]: string }
  readonly image?: ImageProperties
  /** Extra specs of other namespaces. */
  readonly more?: { readonly [name: string]: string }
}

const prefixed = <A>(prefix: string, values: { readonly [name: string]: A }): { readonly [name: string]: A } =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]))

export const wishOf = (vcpus: number, memoryMb: number, { hw = {}, image = {}, more = {} }: Words = {}): HardwareWish => ({
  vcpus, memoryMb, extraSpecs: { ...prefixed("hw:", hw), ...more }, image: Result.getOrThrow(imageWishOf(prefixed("hw_", image)))
})

export const guestOf = (vcpus: number, memoryMb: number, hw: { readonly [name: string]: string }): GuestTopology => {
  const guest = Result.getOrThrow(guestTopologyOf(wishOf(vcpus, memoryMb, { hw })))
  if (guest === null) throw new Error("no topology is asked for")
  return guest
}

type Facts = Parameters<typeof hostCell>[0]

/** A cell of so many cores, CPUs numbered core by core, all dedicated; 4 GiB in base pages and 512 pages of 2 MiB. */
export const cellOf = (id: number, cores: number, threads: number, changes: Partial<Facts> = {}): HostCell => {
  const first = id * cores * threads
  const groups = Array.from({ length: cores }, (_, core) => Array.from({ length: threads }, (__, thread) => first + core * threads + thread))
  return hostCell({
    id, socket: null, sharedCpus: [], dedicatedCpus: groups.flat(), cores: groups, memoryMb: 5120,
    pages: [{ sizeKb: 4, total: 1024 ** 2, reserved: 0, used: 0 }, { sizeKb: 2048, total: 512, reserved: 0, used: 0 }],
    pinned: new Set(), sharedCpusUsed: 0, memoryUsedMb: 0, ...changes
  })
}

export const hostOf = (...cells: ReadonlyArray<HostCell>): HostTopology => ({ cells })
