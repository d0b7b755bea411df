import type { Instance } from "../../instance/Instance.ts"
import { lifecycle } from "../../instance/lifecycle.ts"
import { takenByServer } from "../../placement/demand/Taken.ts"

const movable: ReadonlyArray<Instance["vmState"]> = lifecycle.liveMigrate.from

/** Why a server cannot be moved, wherever to; `null`: it can. */
export const immobile = (server: Instance): string | null => {
  const { devices, migration, taskState, vmState } = server
  if (migration != null) return "it is being moved already"
  if (!movable.includes(vmState)) return `it is ${vmState}; only servers that are ${movable.join(" or ")} move`
  if (taskState !== null) return `it is busy (${taskState})`
  if (takenByServer(server).others.has("VGPU")) return "its virtual graphics cards do not move with a server that runs"
  return (devices ?? []).length > 0 ? "its PCI devices do not move with a server that runs" : null
}
