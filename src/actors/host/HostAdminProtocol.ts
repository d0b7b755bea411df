import { Context } from "effect"
import type { Effect } from "effect"
import type { Refusal } from "../shared/Refusal.ts"
import type { ComputeService } from "./computeServices.ts"
import type { Host } from "./Host.ts"

/** What an administrator may say of a host; what is absent stays. */
export interface HostChange {
  readonly status?: { readonly isDisabled: boolean; readonly reason: string | null }
  readonly isForcedDown?: boolean
}

/** The hosts of the cloud and their services, as operators see and change them. */
export class HostAdmin extends Context.Service<HostAdmin, {
  /** By number. */
  readonly hosts: () => ReadonlyArray<Host>
  /** By hypervisor id or number. */
  readonly host: (id: string) => Host | undefined
  readonly isUp: (host: Host) => boolean
  /** By number; the internal ones first. */
  readonly services: () => ReadonlyArray<ComputeService>
  /** By id or number. */
  readonly service: (id: string) => ComputeService | undefined
  readonly change: (hostname: string, change: HostChange) => Effect.Effect<ComputeService, Refusal>
  /** Forgets a host without servers; it comes back when it reports again. */
  readonly remove: (hostname: string) => Effect.Effect<void, Refusal>
}>()("kilonova/actors/host/HostAdmin") {}
