/** Streams of many servers and hosts, made of one of each that a cluster made itself. Pure. */
import { createHash } from "node:crypto"
import type { StoreAppend, StoreSnapshot } from "../../src/runtime/kernel/Store.ts"

/** The same for the same words, and as good as random over the shards. */
export const uuidOf = (kind: string, index: number): string => {
  const hex = createHash("md5").update(`${kind} ${index}`).digest("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** From 10.129.0.0 on, in the bench's own subnet 10.128.0.0/9. */
export const addressOf = (index: number): string => `10.${129 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`

export const macOf = (index: number): string =>
  `fa:16:3f:${[index >> 16, (index >> 8) & 255, index & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`

const append = (type: string, id: string, state: string): StoreAppend =>
  ({ type, id, expected: 0, pending: false, state, events: "[]" })

/** Each of the words for another, all at once: what one puts in, another does not find. */
const substitute = (words: ReadonlyMap<string, string>) => {
  const pattern = new RegExp([...words.keys()].map((word) => word.replaceAll(".", "\\.")).join("|"), "g")
  return (text: string) => text.replaceAll(pattern, (word) => words.get(word)!)
}

const ordered = (text: string, order: number) => text.replace(/^\{"order":\d+,/, `{"order":${order},`)

/** All streams of one server: itself, its port, its address, its MAC address. */
export interface ServerTemplate {
  readonly streams: ReadonlyArray<StoreSnapshot>
  readonly id: string
  readonly name: string
  readonly host: string
  readonly portId: string
  readonly macAddress: string
  readonly address: string
  readonly createdAt: string
}

interface Nic {
  readonly portId: string
  readonly macAddress: string
  readonly fixedIps: ReadonlyArray<{ readonly address: string }>
}

interface Stored {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly createdAt: string
  readonly nics: ReadonlyArray<Nic>
}

/** Of all streams of a store with exactly this server. */
export const serverTemplate = (all: ReadonlyArray<StoreSnapshot>): ServerTemplate => {
  const found = all.filter(({ type }) => type === "Instance")
  if (found.length !== 1) throw new Error(`a template wants a store with one server, not ${found.length}`)
  const { createdAt, host, id, name, nics: [nic] } = JSON.parse(found[0]!.state) as Stored
  const { fixedIps, macAddress, portId } = nic!
  const streams = all.filter((stream) => stream.id === id || stream.id === portId || stream.state.includes(portId))
  return { streams, id, name, host, portId, macAddress, address: fixedIps[0]!.address, createdAt }
}

/** `order`: the first of the orders that its records take, one a stream. */
export const serverCopy = (template: ServerTemplate, index: number, host: string, order: number): ReadonlyArray<StoreAppend> => {
  const { address, createdAt, id, macAddress, name, portId, streams } = template
  const replaced = substitute(new Map([
    [id, uuidOf("server", index)],
    [portId, uuidOf("port", index)],
    [`"${name}"`, `"copy-${index}"`],
    [`"${template.host}"`, `"${host}"`],
    [macAddress, macOf(index)],
    [address, addressOf(index)],
    [createdAt, new Date(Date.parse(createdAt) + index).toISOString()]
  ]))
  return streams.map((stream, at) => append(stream.type, replaced(stream.id), ordered(replaced(stream.state), order + at)))
}

/** The streams of one host, whose agent is away. */
export const hostCopy = (all: ReadonlyArray<StoreSnapshot>, template: string, index: number, name: string, order: number): ReadonlyArray<StoreAppend> => {
  const stateOf = (type: string) => {
    const found = all.find((stream) => stream.type === type && stream.id === template)
    if (found === undefined) throw new Error(`host ${template} has no ${type}`)
    return (JSON.parse(found.state) as { readonly record: object }).record
  }
  const number = index + 1
  const [id, serviceId] = [uuidOf("host", index), uuidOf("service", index)]
  const record = (type: string, at: number, changed: object) =>
    append(type, name, JSON.stringify({ order: order + at, record: { ...stateOf(type), hostname: name, ...changed } }))
  const claim = (key: string, value: string) => append(`host/${key}`, value, JSON.stringify({ holder: name }))
  return [
    record("agentCredential", 0, {}),
    record("agentState", 1, { isUp: false }),
    record("host", 2, { id, serviceId, number, serviceNumber: number }),
    claim("id", id),
    claim("serviceId", serviceId),
    claim("number", `${number}`)
  ]
}
