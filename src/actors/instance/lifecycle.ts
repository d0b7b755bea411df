import type { Step } from "./Instance.ts"
import type { TaskState, VmState } from "./states.ts"

/** Actions that are accepted now and done later: each sets a task and runs its steps. */
export type Action =
  | "start" | "stop" | "pause" | "unpause" | "suspend" | "resume" | "reboot" | "rebootHard" | "delete"
  | "liveMigrate" | "migrate" | "resize" | "confirmResize" | "revertResize"

/** One row: when an action is accepted, what it is called meanwhile, and where it lands. */
export interface Transition {
  readonly from: ReadonlyArray<VmState> | "any"
  /** Task states in which it is accepted; `null` is "no task". */
  readonly during: ReadonlyArray<TaskState | null> | "any"
  readonly mustHaveLaunched: boolean
  /** A locked server refuses it, unless an administrator asks. */
  readonly isLockable: boolean
  readonly needsHost: boolean
  /** The passing states, in order; the first is set with the acceptance. */
  readonly tasks: readonly [TaskState, ...ReadonlyArray<TaskState>]
  readonly steps: readonly [Step, ...ReadonlyArray<Step>]
  /** `null`: as it was. */
  readonly to: VmState | null
  readonly power: "running" | "paused" | "shutdown" | "suspended" | "nostate" | null
  /** A failed driver leaves the server as it was (with a fault), or in ERROR. */
  readonly onFailure: "revert" | "error"
  /** Nova's names of the action and of its event in the action log. */
  readonly log: string
  readonly event: string
}

const idle = [null]
const ordinary = { during: idle, mustHaveLaunched: true, isLockable: true, needsHost: false, steps: ["drive"], onFailure: "revert" } as const

const coldMove = {
  ...ordinary, from: ["active", "stopped"], needsHost: true, tasks: ["resize_prep", "resize_migrating", "resize_finish"],
  steps: ["select", "prepare", "migrate", "finish", "rebind"], to: "resized", power: null
} as const

/** The legal life of a server. Rules: `decide.ts`; what Nova allows: its own API guide and state decorators. */
export const lifecycle = {
  start: {
    ...ordinary, from: ["stopped"], needsHost: true, tasks: ["powering-on"], to: "active", power: "running",
    log: "start", event: "compute_start_instance"
  },
  stop: {
    ...ordinary, from: ["active", "error"], needsHost: true, tasks: ["powering-off"], to: "stopped", power: "shutdown",
    log: "stop", event: "compute_stop_instance"
  },
  pause: {
    ...ordinary, from: ["active"], tasks: ["pausing"], to: "paused", power: "paused",
    log: "pause", event: "compute_pause_instance"
  },
  unpause: {
    ...ordinary, from: ["paused"], tasks: ["unpausing"], to: "active", power: "running",
    log: "unpause", event: "compute_unpause_instance"
  },
  suspend: {
    ...ordinary, from: ["active"], tasks: ["suspending"], to: "suspended", power: "shutdown",
    log: "suspend", event: "compute_suspend_instance"
  },
  resume: {
    ...ordinary, from: ["suspended"], tasks: ["resuming"], to: "active", power: "running",
    log: "resume", event: "compute_resume_instance"
  },
  reboot: {
    ...ordinary, from: ["active"], tasks: ["rebooting", "reboot_pending", "reboot_started"], to: "active",
    power: "running", log: "reboot", event: "compute_reboot_instance"
  },
  rebootHard: {
    ...ordinary, from: ["active", "error", "paused", "stopped", "suspended"],
    during: [
      null, "pausing", "reboot_pending", "reboot_started", "rebooting", "rebooting_hard", "resuming", "suspending",
      "unpausing"
    ],
    tasks: ["rebooting_hard", "reboot_pending_hard", "reboot_started_hard"], to: "active", power: "running",
    onFailure: "error", log: "reboot", event: "compute_reboot_instance"
  },
  delete: {
    ...ordinary, from: "any", during: "any", mustHaveLaunched: false, tasks: ["deleting"],
    steps: ["destroy", "release"], to: "deleted", power: "nostate", onFailure: "error",
    log: "delete", event: "compute_terminate_instance"
  },
  liveMigrate: {
    ...ordinary, from: ["active", "paused"], needsHost: true, tasks: ["migrating"],
    steps: ["select", "prepare", "migrate", "finish", "confirm", "rebind"], to: null, power: null,
    log: "live-migration", event: "compute_live_migration"
  },
  migrate: { ...coldMove, log: "migrate", event: "cold_migrate" },
  resize: { ...coldMove, log: "resize", event: "cold_migrate" },
  confirmResize: {
    ...ordinary, from: ["resized"], tasks: ["resize_confirming"], steps: ["confirm"], to: null, power: null,
    log: "confirmResize", event: "compute_confirm_resize"
  },
  revertResize: {
    ...ordinary, from: ["resized"], tasks: ["resize_reverting"], steps: ["cancel", "abort", "rebind"], to: null, power: null,
    log: "revertResize", event: "compute_revert_resize"
  }
} as const satisfies Record<Action, Transition>

/** The build is no action on a server but its birth; its steps and names, beside the others. */
export const build = {
  steps: ["schedule", "spawn"], log: "create", event: "compute__do_build_and_run_instance"
} as const

const moveActions: ReadonlySet<string> = new Set(["liveMigrate", "migrate", "resize", "confirmResize", "revertResize"] satisfies ReadonlyArray<Action>)
export const isMoveAction = (action: string): boolean => moveActions.has(action)

/** What may be asked of a move under way: Nova's names in the action log. */
export const moveControls = {
  abort: { log: "live_migration_cancel", event: "compute_live_migration_abort", verb: "abort live migration" },
  forceComplete: { log: "live_migration_force_complete", event: "compute_live_migration_force_complete", verb: "force_complete" }
} as const

/** Changes done at once, by the states that allow them. */
export const changes = {
  metadata: { from: ["active", "paused", "stopped", "suspended"], isLockable: true, verb: "update metadata" },
  metadataDelete: { from: ["active", "paused", "stopped", "suspended"], isLockable: true, verb: "delete metadata" },
  tags: { from: ["active", "paused", "stopped", "suspended"], isLockable: false, verb: "modify tags" },
  rename: { from: "any", isLockable: false, verb: "update" }
} as const satisfies Record<string, { from: ReadonlyArray<VmState> | "any"; isLockable: boolean; verb: string }>
export type ChangeKind = keyof typeof changes
