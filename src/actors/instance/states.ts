import { Schema } from "effect"

/** Nova's stable states of a server. */
export const VmState = Schema.Literals([
  "building", "active", "paused", "suspended", "stopped", "rescued", "resized", "soft-delete", "deleted", "error",
  "shelved", "shelved_offloaded"
])
export type VmState = typeof VmState.Type

/** Nova's passing states: what is being done to the server now. */
export const TaskState = Schema.Literals([
  "scheduling", "block_device_mapping", "networking", "spawning",
  "image_snapshot", "image_snapshot_pending", "image_pending_upload", "image_uploading", "image_backup",
  "updating_password", "resize_prep", "resize_migrating", "resize_migrated", "resize_finish", "resize_reverting",
  "resize_confirming", "rebooting", "reboot_pending", "reboot_started", "rebooting_hard", "reboot_pending_hard",
  "reboot_started_hard", "pausing", "unpausing", "suspending", "resuming", "powering-off", "powering-on", "rescuing",
  "unrescuing", "rebuilding", "rebuild_block_device_mapping", "rebuild_spawning", "migrating", "deleting",
  "soft-deleting", "restoring", "shelving", "shelving_image_pending_upload", "shelving_image_uploading",
  "shelving_offloading", "unshelving"
])
export type TaskState = typeof TaskState.Type

/** Nova's numbers for what the hypervisor says. */
export const powerStates = { nostate: 0, running: 1, paused: 3, shutdown: 4, crashed: 6, suspended: 7 } as const

const rebuilding = { rebuilding: "REBUILD", rebuild_block_device_mapping: "REBUILD", rebuild_spawning: "REBUILD" } as const
const resizing = {
  resize_prep: "RESIZE", resize_migrating: "RESIZE", resize_migrated: "RESIZE", resize_finish: "RESIZE"
} as const

/** `status` of the API: by vm_state, and where it differs, by task_state. */
const statuses: { readonly [State in VmState]: { readonly else: string } & { readonly [Task in TaskState]?: string } } = {
  active: {
    else: "ACTIVE",
    rebooting: "REBOOT", reboot_pending: "REBOOT", reboot_started: "REBOOT",
    rebooting_hard: "HARD_REBOOT", reboot_pending_hard: "HARD_REBOOT", reboot_started_hard: "HARD_REBOOT",
    updating_password: "PASSWORD", migrating: "MIGRATING", ...rebuilding, ...resizing
  },
  building: { else: "BUILD" },
  stopped: { else: "SHUTOFF", ...resizing, ...rebuilding },
  resized: { else: "VERIFY_RESIZE", resize_reverting: "REVERT_RESIZE" },
  paused: { else: "PAUSED", migrating: "MIGRATING" },
  suspended: { else: "SUSPENDED" },
  rescued: { else: "RESCUE" },
  error: { else: "ERROR", ...rebuilding },
  deleted: { else: "DELETED" },
  "soft-delete": { else: "SOFT_DELETED" },
  shelved: { else: "SHELVED" },
  shelved_offloaded: { else: "SHELVED_OFFLOADED" }
}

export const statusOf = (vmState: VmState, taskState: TaskState | null): string =>
  (taskState === null ? undefined : statuses[vmState][taskState]) ?? statuses[vmState].else

/** The (vm_state, task_states) pairs a `status` filter means; empty for a word Nova does not know. */
export const statesOf = (status: string): ReadonlyArray<{ readonly vmState: VmState; readonly isDefault: boolean; readonly tasks: ReadonlyArray<TaskState> }> =>
  VmState.literals.flatMap((vmState) => {
    const { else: fallback, ...special } = statuses[vmState]
    const wanted = status.toUpperCase()
    const tasks = TaskState.literals.filter((task) => special[task] === wanted)
    return fallback === wanted || tasks.length > 0 ? [{ vmState, isDefault: fallback === wanted, tasks }] : []
  })
