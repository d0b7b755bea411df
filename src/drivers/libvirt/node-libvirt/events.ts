/** What the daemon tells unasked. One row per event: libvirt's id to register, the procedure it arrives as, its layout. */
import { type DomainEventType, domainEventTypes } from "./constants.ts"
import type { Frame } from "./frame.ts"
import { programs } from "./frame.ts"
import { domain, type DomainRef } from "./layouts.ts"
import { byField, typedParams, type TypedValue } from "./typedParams.ts"
import { type Codec, decode, int, map, string, struct } from "./xdr.ts"

/** Something that happened to a domain. `detail`, `action`, `status` are libvirt's numbers. */
export type LibvirtEvent =
  | { readonly _tag: "Lifecycle"; readonly domain: DomainRef; readonly event: DomainEventType; readonly detail: number }
  | { readonly _tag: "Reboot"; readonly domain: DomainRef }
  | { readonly _tag: "Watchdog"; readonly domain: DomainRef; readonly action: number }
  | { readonly _tag: "IoError"; readonly domain: DomainRef; readonly path: string; readonly device: string; readonly action: number }
  | { readonly _tag: "BlockJob"; readonly domain: DomainRef; readonly path: string; readonly type: number; readonly status: number }
  | { readonly _tag: "DeviceRemoved"; readonly domain: DomainRef; readonly device: string }
  | { readonly _tag: "AgentLifecycle"; readonly domain: DomainRef; readonly state: number; readonly reason: number }
  | { readonly _tag: "MigrationIteration"; readonly domain: DomainRef; readonly iteration: number }
  | { readonly _tag: "JobCompleted"; readonly domain: DomainRef; readonly stats: { readonly [field: string]: TypedValue } }

interface EventRow {
  readonly id: number
  readonly procedure: number
  readonly read: (body: Buffer) => LibvirtEvent
}

/** Every event is preceded by the number of the registration it answers to; one connection registers each kind once. */
const row = <A extends object>(
  id: number,
  procedure: number,
  layout: Codec<A>,
  toEvent: (value: A) => LibvirtEvent
): EventRow => {
  const message = struct({ callbackId: int, value: layout })
  return { id, procedure, read: (body) => toEvent(decode(message, body).value) }
}

const eventType: Codec<DomainEventType> = map(
  int,
  (number) => domainEventTypes[number] ?? "defined",
  (name) => domainEventTypes.indexOf(name)
)

/** The kinds of events a connection may register for. */
export type EventKind = LibvirtEvent["_tag"]

export const eventRows = {
  Lifecycle: row(0, 318, struct({ domain, event: eventType, detail: int }), (value) => ({ _tag: "Lifecycle", ...value })),
  Reboot: row(1, 319, struct({ domain }), (value) => ({ _tag: "Reboot", ...value })),
  Watchdog: row(3, 321, struct({ domain, action: int }), (value) => ({ _tag: "Watchdog", ...value })),
  IoError: row(4, 322, struct({ domain, path: string, device: string, action: int }), (value) => ({ _tag: "IoError", ...value })),
  BlockJob: row(8, 326, struct({ domain, path: string, type: int, status: int }), (value) => ({ _tag: "BlockJob", ...value })),
  DeviceRemoved: row(15, 333, struct({ domain, device: string }), (value) => ({ _tag: "DeviceRemoved", ...value })),
  AgentLifecycle: row(18, 348, struct({ domain, state: int, reason: int }), (value) => ({ _tag: "AgentLifecycle", ...value })),
  MigrationIteration: row(20, 359, struct({ domain, iteration: int }), (value) => ({ _tag: "MigrationIteration", ...value })),
  JobCompleted: row(21, 363, struct({ domain, params: typedParams(64) }), ({ domain, params }) => ({
    _tag: "JobCompleted", domain, stats: byField(params)
  }))
} satisfies { readonly [Kind in EventKind]: EventRow }

const byProcedure = new Map<number, EventRow>(Object.values(eventRows).map((each) => [each.procedure, each]))

/** The event in a frame; `undefined` for one this client does not know. Throws `XdrError` on a wrong layout. */
export const readEvent = (frame: Frame): LibvirtEvent | undefined =>
  frame.program === programs.remote ? byProcedure.get(frame.procedure)?.read(frame.body) : undefined
