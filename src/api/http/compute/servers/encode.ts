import type { Instance } from "../../../../actors/instance/Instance.ts"
import type { Host } from "../../../../actors/host/Host.ts"
import { Limits } from "../../../../runtime/Limits.ts"
import type { Call } from "../Call.ts"
import { renderer } from "../Fields.ts"
import { fields, hostFields, policies, type View } from "./fields.ts"

const render = renderer(fields)
const renderHost = renderer(hostFields)

/** Everything but the server that its text depends on. */
const variantOf = (call: Call, view: View): string => {
  const sees = [policies.attributes, policies.extraSpecs].map((policy) => call.allows(policy) ? 1 : 0).join("")
  return `${view} ${call.version} ${sees}${call.caller.isAdmin ? 1 : 0} ${call.self} ${call.bookmark}`
}

/**
 * The texts of servers that have not changed since they were last shown. A server is a new object after each change,
 * so its identity is the key; the older half goes when the younger is full.
 */
class Texts {
  #young = new Map<string, WeakMap<Instance, string>>()
  #old = new Map<string, WeakMap<Instance, string>>()
  #count = 0

  get(variant: string, server: Instance): string | undefined {
    const text = this.#young.get(variant)?.get(server)
    if (text !== undefined) return text
    const aged = this.#old.get(variant)?.get(server)
    if (aged !== undefined) this.set(variant, server, aged)
    return aged
  }

  set(variant: string, server: Instance, text: string): void {
    if (++this.#count > Limits.renderedServersMax) {
      this.#old = this.#young
      this.#young = new Map()
      this.#count = 1
    }
    let texts = this.#young.get(variant)
    if (texts === undefined) this.#young.set(variant, texts = new WeakMap())
    texts.set(server, text)
  }
}
const texts = new Texts()

/** What is told of a host's health. */
export const hostStatusOf = (host: Host | undefined): string =>
  host === undefined ? "" : host.isForcedDown ? "DOWN" : host.isDisabled ? "MAINTENANCE" : "UP"

export type HostNamed = (hostname: string) => Host | undefined

/** The JSON text of servers, for one request. */
export const encoder = (call: Call, view: View, hostNamed: HostNamed): (server: Instance) => string => {
  const variant = variantOf(call, view)
  const textOf = (server: Instance): string => {
    const known = texts.get(variant, server)
    if (known !== undefined) return known
    const text = JSON.stringify(render(call, view, server))
    texts.set(variant, server, text)
    return text
  }
  if (!call.allows(policies.hostStatus)) return textOf
  return (server) => {
    const status = server.host === null ? "" : hostStatusOf(hostNamed(server.host))
    const extra = JSON.stringify(renderHost(call, view, status))
    const text = textOf(server)
    return extra === "{}" ? text : `${text.slice(0, -1)},${extra.slice(1)}`
  }
}
