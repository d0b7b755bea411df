import type { Nic } from "../network/Nic.ts"
import type { Allocations, Instance, InstanceFault, Work } from "./Instance.ts"
import type { Migration, MigrationStatus, Place } from "./Migration.ts"
import type { Action, Patch } from "./InstanceCommand.ts"
import type { ClaimedDevice } from "../placement/devices/Device.ts"
import type { Proof } from "../scheduler/proof/Proof.ts"
import type { NumaFit } from "./numaFit.ts"
import type { TaskState, VmState } from "./states.ts"

/** Who asked, for the action log. */
export interface Asker {
  readonly requestId: string
  readonly userId: string
  readonly projectId: string
  readonly [key: string]: string
}

/** Facts about a server, in the past tense; the only way its state changes. */
export type InstanceEvent =
  | { readonly _tag: "Created"; readonly instance: Instance }
  | {
    readonly _tag: "ActionAccepted"
    readonly action: typeof Action.Type
    readonly task: TaskState
    readonly userId: string
    readonly projectId: string
    readonly work: Work
    readonly migration?: Migration
    readonly at: string
  }
  | {
    readonly _tag: "Placed"
    readonly host: string
    readonly availabilityZone: string
    readonly nics: ReadonlyArray<Nic>
    readonly numa: NumaFit | null
    readonly devices?: ReadonlyArray<ClaimedDevice>
    readonly allocations?: Allocations
    readonly placement?: Proof
    readonly work: Work
    readonly at: string
  }
  /** One step of several is done, the next begins. */
  | { readonly _tag: "StepCompleted"; readonly work: Work; readonly at: string }
  /** This host could not build it: the next try begins. */
  | { readonly _tag: "BuildRescheduled"; readonly reason: string; readonly work: Work; readonly at: string }
  /** The scheduler picked where it goes; it holds a place there from now on. */
  | {
    readonly _tag: "DestinationPicked"
    readonly destination: Place
    readonly placement?: Proof
    readonly work: Work
    readonly at: string
  }
  /** A step of its move is done, or another way is taken. `destination` null: the one it had is given up. */
  | {
    readonly _tag: "MoveAdvanced"
    readonly status: MigrationStatus
    readonly target?: string
    readonly ending?: NonNullable<Migration["ending"]>
    readonly destination?: null
    /** The passing state from now on; absent: as it was. */
    readonly task?: TaskState
    readonly work: Work
    readonly at: string
  }
  /** It is on its other host now; `isBack`: on the one it came from. */
  | {
    readonly _tag: "Moved"
    readonly status: MigrationStatus
    readonly isBack?: boolean
    readonly ending?: NonNullable<Migration["ending"]>
    readonly work: Work
    readonly at: string
  }
  /** Somebody asked something of the move under way. */
  | { readonly _tag: "MoveControlled"; readonly control: "abort" | "forceComplete"; readonly asker: Asker; readonly at: string }
  | { readonly _tag: "TaskCompleted"; readonly at: string }
  /** `work` is the undoing still to be done. */
  | {
    readonly _tag: "TaskFailed"
    readonly vmState: VmState
    readonly fault: InstanceFault
    readonly placement?: Proof
    /** Of the move that it ends. */
    readonly migrationStatus?: MigrationStatus
    readonly work: Work | null
    readonly at: string
  }
  /** What a failed build had taken is given back. */
  | { readonly _tag: "Unwound"; readonly at: string }
  | { readonly _tag: "Changed"; readonly patch: Patch; readonly at: string }
  | { readonly _tag: "Locked"; readonly by: "owner" | "admin"; readonly reason: string | null; readonly asker: Asker; readonly at: string }
  | { readonly _tag: "Unlocked"; readonly asker: Asker; readonly at: string }
  | { readonly _tag: "StateReset"; readonly vmState: VmState; readonly at: string }
  | { readonly _tag: "PowerObserved"; readonly power: number; readonly vmState: VmState; readonly at: string }
  /** The pending step was sent again. */
  | { readonly _tag: "StepResent"; readonly work: Work; readonly at: string }
