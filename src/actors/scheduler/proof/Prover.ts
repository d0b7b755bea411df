import type { HostTable } from "../HostTable.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { Refusals } from "../select.ts"
import type { Movable } from "./moves.ts"
import type { Refused } from "./Proof.ts"
import { refusedOf } from "./refused.ts"

/** Says why nothing fits. Requests of a kind that are refused while no host changes share the table's answer, and so its proof. */
export class Prover {
  readonly #rules: Rules
  readonly #table: HostTable
  readonly #movable: Movable
  readonly #known = new WeakMap<Refusals, Refused>()

  constructor(rules: Rules, table: HostTable, movable: Movable) {
    this.#rules = rules
    this.#table = table
    this.#movable = movable
  }

  refused(spec: RequestSpec, refusals: Refusals): Refused {
    let known = this.#known.get(refusals)
    if (known === undefined) this.#known.set(refusals, known = refusedOf(this.#rules, this.#table.states(), spec, refusals, this.#movable))
    return known
  }
}
