import type { Instance } from "../../instance/Instance.ts"
import { lifecycle } from "../../instance/lifecycle.ts"
import { takenByServer } from "../../placement/demand/Taken.ts"

const live: ReadonlyArray<Instance["vmState"]> = lifecycle.liveMigrate.from

/** Who is off moves as it is; who runs moves as it runs, and is not stopped for it. */
export const movesCold = ({ vmState }: Instance): boolean => vmState === "stopped"

/** Why a server cannot be moved, wherever to; `null`: it can. */
export const immobile = (server: Instance): string | null => {
  const { devices, migration, taskState, vmState } = server
  if (migration != null) return "it is being moved already"
  if (taskState !== null) return `it is busy (${taskState})`
  if (movesCold(server)) return null
  if (!live.includes(vmState)) return `it is ${vmState}; only servers that are ${live.join(", ")} or stopped move`
  if (takenByServer(server).others.has("VGPU")) return "its virtual graphics cards do not move with a server that runs"
  return (devices ?? []).length > 0 ? "its PCI devices do not move with a server that runs" : null
}
