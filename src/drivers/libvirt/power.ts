/** libvirt's states and events in Nova's words. Pure. */
import type { PowerState } from "../Driver.ts"
import { type DomainState, type LibvirtEvent, stoppedDetails } from "./node-libvirt/index.ts"

const powers: { readonly [State in DomainState]: PowerState } = {
  nostate: "nostate",
  running: "running",
  blocked: "running",
  paused: "paused",
  // On its way down; its power is still there.
  shutdown: "running",
  shutoff: "shutdown",
  crashed: "crashed",
  pmsuspended: "suspended"
}

/** The power state; a domain that is off with its memory saved is suspended, not shut down. */
export const powerOf = (state: DomainState, isSaved: boolean): PowerState =>
  state === "shutoff" && isSaved ? "suspended" : powers[state]

/** What an event says about power: the new state and the word for why. `undefined` when it says nothing. */
export const powerAfter = (
  event: LibvirtEvent
): { readonly power: PowerState; readonly reason: string } | undefined => {
  if (event._tag !== "Lifecycle") return undefined
  switch (event.event) {
    case "started":
    case "resumed":
      return { power: "running", reason: event.event }
    case "suspended":
      return { power: "paused", reason: "suspended" }
    case "pmsuspended":
      return { power: "suspended", reason: "pmsuspended" }
    case "crashed":
      return { power: "crashed", reason: "crashed" }
    case "stopped": {
      const reason = stoppedDetails[event.detail] ?? "unknown"
      if (reason === "crashed") return { power: "crashed", reason }
      return { power: reason === "saved" ? "suspended" : "shutdown", reason }
    }
    case "defined":
    case "undefined":
    case "shutdown":
      return undefined
  }
}
