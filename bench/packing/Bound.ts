import type { RequestSpec } from "../../src/actors/scheduler/RequestSpec.ts"
import type { HostSize } from "./cases.ts"

/** No way of placing needs fewer hosts than the sum of each resource divided by a host's, or than a group that is kept apart has members. */
export class Bound {
  readonly #size: HostSize
  readonly #pagesMb: number
  #vcpus = 0
  #ramMb = 0
  #pagedMb = 0
  /** How many groups there are of each size. */
  readonly #groups: Array<number> = []

  /** `pagesMb`: of a host, its memory in 1 GiB pages; 0: none. */
  constructor(size: HostSize, pagesMb: number) {
    this.#size = size
    this.#pagesMb = pagesMb
  }

  add({ numa, ramMb, vcpus }: RequestSpec, sign: 1 | -1): void {
    this.#vcpus += sign * vcpus
    this.#ramMb += sign * ramMb
    if (numa !== null && numa.pageSize !== null) this.#pagedMb += sign * ramMb
  }

  /** A group has grown or shrunk. */
  regroup(before: number, after: number): void {
    this.#groups[before] = (this.#groups[before] ?? 0) - 1
    this.#groups[after] = (this.#groups[after] ?? 0) + 1
  }

  /** What is there in hosts' worth of the resource that is asked for most. */
  get worth(): number {
    return Math.max(
      this.#vcpus / this.#size.vcpus, this.#ramMb / this.#size.ramMb, this.#pagesMb === 0 ? 0 : this.#pagedMb / this.#pagesMb,
      this.#groups.findLastIndex((count) => count > 0)
    )
  }
}
