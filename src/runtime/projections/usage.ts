import type { Instance } from "../../actors/instance/Instance.ts"
import { diskGbOf, isLive } from "../../actors/instance/Instance.ts"
import type { Usage } from "../kernel/InstanceIndex.ts"

interface Sums { instances: number; cores: number; ramMb: number; diskGb: number }

const none: Usage = { instances: 0, cores: 0, ramMb: 0, diskGb: 0 }

/** Sums of live servers by a key, kept up to date by difference. */
export class UsageBy {
  readonly #sums = new Map<string, Sums>()
  readonly #keyOf: (instance: Instance) => string | null
  readonly #onChange: (key: string) => void

  constructor(keyOf: (instance: Instance) => string | null, onChange: (key: string) => void = () => {}) {
    this.#keyOf = keyOf
    this.#onChange = onChange
  }

  of(key: string): Usage {
    return this.#sums.get(key) ?? none
  }

  change(before: Instance | undefined, after: Instance | undefined): void {
    const from = this.#counted(before)
    const to = this.#counted(after)
    if (from === to && before?.flavor === after?.flavor) return
    if (from !== null) this.#add(from, before!, -1)
    if (to !== null) this.#add(to, after!, 1)
  }

  #counted(instance: Instance | undefined): string | null {
    return instance !== undefined && isLive(instance) ? this.#keyOf(instance) : null
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
