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

interface Shown {
  readonly server: Instance
  readonly text: string
}

/**
 * The texts of servers that have not changed since they were last shown: a server is a new object after each change.
 * The older half goes when the younger is full. (Weak maps would do without this, at the price of every collection.)
 */
class Texts {
  #young = new Map<string, Map<string, Shown>>()
  #old = new Map<string, Map<string, Shown>>()
  #count = 0

  get(variant: string, server: Instance): string | undefined {
    const shown = this.#young.get(variant)?.get(server.id)
    if (shown !== undefined) return shown.server === server ? shown.text : undefined
    const aged = this.#old.get(variant)?.get(server.id)
    if (aged?.server !== server) return undefined
    this.set(variant, server, aged.text)
    return aged.text
  }

  set(variant: string, server: Instance, text: string): void {
    if (++this.#count > Limits.renderedServersMax) {
      this.#old = this.#young
      this.#young = new Map()
      this.#count = 1
    }
    let texts = this.#young.get(variant)
    if (texts === undefined) this.#young.set(variant, texts = new Map())
    texts.set(server.id, { server, text })
  }
}
const texts = new Texts()

/** What is told of a host's health. */
const hostStatusOf = (host: Host | undefined): string =>
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
  const tails = new Map<string, string>()
  const tailOf = (status: string): string => {
    let tail = tails.get(status)
    if (tail === undefined) tails.set(status, tail = JSON.stringify(renderHost(call, view, status)).slice(1))
    return tail
  }
  return (server) => {
    const tail = tailOf(server.host === null ? "" : hostStatusOf(hostNamed(server.host)))
    const text = textOf(server)
    return tail === "}" ? text : `${text.slice(0, -1)},${tail}`
  }
}
