import { Layer } from "effect"
import * as ConductorActor from "../../actors/conductor/ConductorActor.ts"
import * as HostActor from "../../actors/host/HostActor.ts"
import * as HostRegistry from "../../actors/host/HostRegistryService.ts"
import * as Reconcile from "../../actors/host/ReconcileService.ts"
import * as InstanceActor from "../../actors/instance/InstanceActor.ts"
import * as Servers from "../../actors/instance/ServersService.ts"
import * as Watchdog from "../../actors/instance/WatchdogService.ts"
import * as ProjectActor from "../../actors/project/ProjectActor.ts"
import * as PlacementsService from "../../actors/scheduler/PlacementsService.ts"
import * as SchedulerActor from "../../actors/scheduler/SchedulerActor.ts"

/** The five kinds of actors, and what starts with them once they can be reached. */
export const layer = Layer.mergeAll(Servers.layer, PlacementsService.layer, Watchdog.layer, HostRegistry.layer, Reconcile.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(
    InstanceActor.layer, HostActor.layer, ProjectActor.layer, SchedulerActor.layer, ConductorActor.layer
  ))
)
