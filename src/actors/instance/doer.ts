import { conductorOf } from "../conductor/conductors.ts"
import { otherPlaceOf } from "./presences.ts"
import type { Instance, Step } from "./Instance.ts"

/** Who does a step: the host that has the server, an end of its move, or the conductor where more than one actor is needed. */
const doneBy: Record<Step, "host" | "source" | "destination" | "other end" | "conductor"> = {
  schedule: "conductor", release: "conductor", spawn: "host", drive: "host", destroy: "host",
  select: "conductor", rebind: "conductor", prepare: "destination", migrate: "source", finish: "destination", confirm: "source",
  abort: "source", cancel: "destination", sweep: "other end"
}

export type Doer =
  | { readonly type: "Host"; readonly id: string }
  | { readonly type: "Conductor"; readonly id: string }

const hostFor = (instance: Instance, step: Step): string | null => {
  switch (doneBy[step]) {
    case "host": return instance.host
    case "source": return instance.migration?.source.host ?? null
    case "destination": return instance.migration?.destination?.host ?? null
    case "other end": return otherPlaceOf(instance)?.host ?? null
    case "conductor": return null
  }
}

/** The actor that the server's pending step is sent to. */
export const doerOf = (instance: Instance): Doer => {
  const host = instance.work === null ? null : hostFor(instance, instance.work.step)
  return host === null ? { type: "Conductor", id: conductorOf(instance.id) } : { type: "Host", id: host }
}
