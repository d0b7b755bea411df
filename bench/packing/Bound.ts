import type { RequestSpec } from "../../src/actors/scheduler/RequestSpec.ts"
import { hostRamMb, hostVcpus } from "./cases.ts"

/** No way of placing needs fewer hosts than the sum of each resource divided by a host's. */
export class Bound {
  readonly #pagesMb: number
  #vcpus = 0
  #ramMb = 0
  #pagedMb = 0

  /** `pagesMb`: of a host, its memory in 1 GiB pages; 0: none. */
  constructor(pagesMb: number) {
    this.#pagesMb = pagesMb
  }

  add({ numa, ramMb, vcpus }: RequestSpec, sign: 1 | -1): void {
    this.#vcpus += sign * vcpus
    this.#ramMb += sign * ramMb
    if (numa !== null && numa.pageSize !== null) this.#pagedMb += sign * ramMb
  }

  /** What is there in hosts' worth of the resource that is asked for most. */
  get worth(): number {
    return Math.max(this.#vcpus / hostVcpus, this.#ramMb / hostRamMb, this.#pagesMb === 0 ? 0 : this.#pagedMb / this.#pagesMb)
  }
}
