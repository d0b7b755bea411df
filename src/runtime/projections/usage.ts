import type { Instance } from "../../actors/instance/Instance.ts"
import { diskGbOf, isLive } from "../../actors/instance/Instance.ts"
import type { Usage } from "../kernel/InstanceIndex.ts"

interface Sums { instances: number; cores: number; ramMb: number; diskGb: number }

const none: Usage = { instances: 0, cores: 0, ramMb: 0, diskGb: 0 }

const nothing: ReadonlyArray<readonly [string, Instance]> = []

/** Sums of live servers by a key, kept up to date by difference. */
export class UsageBy {
  readonly #sums = new Map<string, Sums>()
  readonly #keyOf: (instance: Instance) => string | null
  readonly #counted: (instance: Instance) => ReadonlyArray<Instance>
  readonly #onChange: (key: string) => void

  /** `counted`: what a server counts as, beside itself too. */
  constructor(
    keyOf: (instance: Instance) => string | null,
    onChange: (key: string) => void = () => {},
    counted: (instance: Instance) => ReadonlyArray<Instance> = (instance) => [instance]
  ) {
    this.#keyOf = keyOf
    this.#onChange = onChange
    this.#counted = counted
  }

  of(key: string): Usage {
    return this.#sums.get(key) ?? none
  }

  change(before: Instance | undefined, after: Instance | undefined): void {
    const from = this.#keys(before)
    const to = this.#keys(after)
    if (from.length === to.length && from.every(([key, { flavor }], at) => key === to[at]![0] && flavor === to[at]![1].flavor)) return
    for (const [key, server] of from) this.#add(key, server, -1)
    for (const [key, server] of to) this.#add(key, server, 1)
  }

  #keys(instance: Instance | undefined): ReadonlyArray<readonly [string, Instance]> {
    if (instance === undefined || !isLive(instance)) return nothing
    return this.#counted(instance).flatMap((server) => {
      const key = this.#keyOf(server)
      return key === null ? [] : [[key, server] as const]
    })
  }

  #add(key: string, { flavor }: Instance, sign: 1 | -1): void {
    const sums = this.#sums.get(key) ?? { instances: 0, cores: 0, ramMb: 0, diskGb: 0 }
    sums.instances += sign
    sums.cores += sign * flavor.vcpus
    sums.ramMb += sign * flavor.ramMb
    sums.diskGb += sign * diskGbOf(flavor)
    if (sums.instances === 0) this.#sums.delete(key)
    else this.#sums.set(key, sums)
    this.#onChange(key)
  }
}
