import type { ImageWish } from "./imageWish.ts"

export const cpuPolicies = ["shared", "dedicated", "mixed"] as const
export type CpuPolicy = (typeof cpuPolicies)[number]
export const threadPolicies = ["prefer", "isolate", "require"] as const
export type ThreadPolicy = (typeof threadPolicies)[number]
export const emulatorThreadsPolicies = ["isolate", "share"] as const
export type EmulatorThreadsPolicy = (typeof emulatorThreadsPolicies)[number]
export const pciNumaPolicies = ["required", "legacy", "preferred", "socket"] as const
export type PciNumaPolicy = (typeof pciNumaPolicies)[number]

/** What a flavor, with its extra specs as they are stored, and an image ask of the virtual hardware. */
export interface HardwareWish {
  readonly vcpus: number
  readonly memoryMb: number
  readonly extraSpecs: { readonly [key: string]: string }
  readonly image: ImageWish
}

/** An extra spec of namespace `hw`; an empty one says nothing. */
export const spec = (wish: HardwareWish, name: string): string | null => wish.extraSpecs[`hw:${name}`] || null

export const isAmong = <A extends string>(values: ReadonlyArray<A>, value: string): value is A =>
  (values as ReadonlyArray<string>).includes(value)
