import type { Flavor } from "./Flavor.ts"

const flavor = (id: string, name: string, vcpus: number, ramMb: number, diskGb: number) => (createdAt: string): Flavor => ({
  id, name, vcpus, ramMb, diskGb, ephemeralGb: 0, swapMb: 0, rxtxFactor: 1, isPublic: true, isDisabled: false,
  description: null, extraSpecs: {}, access: [], createdAt
})

/** The sizes OpenStack has had since its beginnings. */
export const standardFlavors: ReadonlyArray<(createdAt: string) => Flavor> = [
  flavor("1", "m1.tiny", 1, 512, 1),
  flavor("2", "m1.small", 1, 2048, 20),
  flavor("3", "m1.medium", 2, 4096, 40),
  flavor("4", "m1.large", 4, 8192, 80),
  flavor("5", "m1.xlarge", 8, 16_384, 160)
]
