import type { Instance } from "../instance/Instance.ts"

/** Builds that failed on each host since its last that succeeded, as this process saw them. */
export class FailedBuilds {
  readonly #counts = new Map<string, number>()
  readonly #onChange: (host: string) => void

  constructor(onChange: (host: string) => void) {
    this.#onChange = onChange
  }

  of(host: string): number {
    return this.#counts.get(host) ?? 0
  }

  see(before: Instance | undefined, after: Instance | undefined): void {
    if (before?.vmState !== "building" || before.host === null || after === undefined) return
    const { host } = before
    const isFailed = after.vmState === "error" || (after.host === null && after.work?.excludedHosts.includes(host) === true)
    if (isFailed) this.#counts.set(host, this.of(host) + 1)
    else if (after.vmState !== "active" || !this.#counts.delete(host)) return
    this.#onChange(host)
  }
}
