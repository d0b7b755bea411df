import type { Steps } from "../../shared/Steps.ts"
import type { HostState } from "../HostState.ts"
import { HostTable } from "../HostTable.ts"
import type { Rules } from "../registry.ts"
import { keyOf } from "../table/RequestClass.ts"
import type { RequestSpec } from "../RequestSpec.ts"

const hostsPerStep = 16

/** A table of these hosts to place on, ready for these requests. */
export function* tableOf(rules: Rules, hosts: ReadonlyArray<HostState>, specs: ReadonlyArray<RequestSpec>): Steps<HostTable> {
  const table = new HostTable(rules)
  const kinds = [...new Map(specs.map((spec) => [keyOf(rules, spec), spec])).values()]
  for (let at = 0; at < hosts.length; at += hostsPerStep) {
    for (const host of hosts.slice(at, at + hostsPerStep)) table.put(host)
    for (const kind of kinds) table.prepare(kind)
    yield
  }
  return table
}
