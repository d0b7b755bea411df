import type { Instance } from "../../instance/Instance.ts"
import type { Proof } from "./Proof.ts"

/** What the scheduler said of a server, as far as it is kept; the oldest first. */
export const proofsOf = ({ earlierPlacements = [], placement }: Instance): ReadonlyArray<Proof> =>
  placement === undefined ? earlierPlacements : [...earlierPlacements, placement]

const none: ReadonlySet<string> = new Set()
const requestsOf = (server: Instance | undefined): ReadonlySet<string> =>
  server?.placement === undefined ? none : new Set(proofsOf(server).map(({ request }) => request.requestId))

const isSame = (a: Instance, b: Instance): boolean =>
  a.placement === b.placement || (
    a.earlierPlacements?.length === b.earlierPlacements?.length && a.placement?.at === b.placement?.at &&
    a.placement?.request.requestId === b.placement?.request.requestId && a.placement?.request.attempt === b.placement?.request.attempt
  )

/** Which servers a request had placed: those that it made, or moved. */
export class ProofIndex {
  readonly #servers = new Map<string, Set<string>>()

  change(before: Instance | undefined, after: Instance | undefined): void {
    if (before !== undefined && after !== undefined && isSame(before, after)) return
    const was = requestsOf(before)
    const is = requestsOf(after)
    const { id } = (after ?? before)!
    for (const request of was) if (!is.has(request)) this.#remove(request, id)
    for (const request of is) this.#add(request, id)
  }

  of(requestId: string): Iterable<string> {
    return this.#servers.get(requestId) ?? none
  }

  #add(request: string, id: string): void {
    const known = this.#servers.get(request)
    if (known === undefined) this.#servers.set(request, new Set([id]))
    else known.add(id)
  }

  #remove(request: string, id: string): void {
    const known = this.#servers.get(request)
    known?.delete(id)
    if (known?.size === 0) this.#servers.delete(request)
  }
}
