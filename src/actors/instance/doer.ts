import { conductorOf } from "../conductor/conductors.ts"
import type { Instance, Step } from "./Instance.ts"

/** Who does a step: the host that has the server, or the conductor where more than one actor is needed. */
const doneBy: Record<Step, "host" | "conductor"> = {
  schedule: "conductor", release: "conductor", spawn: "host", drive: "host", destroy: "host"
}

export type Doer =
  | { readonly type: "Host"; readonly id: string }
  | { readonly type: "Conductor"; readonly id: string }

/** The actor that the server's pending step is sent to. */
export const doerOf = ({ host, id, work }: Instance): Doer =>
  work !== null && doneBy[work.step] === "host" && host !== null ? { type: "Host", id: host } : { type: "Conductor", id: conductorOf(id) }
