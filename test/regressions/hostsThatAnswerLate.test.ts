/**
 * The start asked every host for its inventory, one after another, and waited for each answer: a hypervisor that was
 * slow made the whole cloud late, and one that did not answer then was unknown for ever. Its servers were compared with
 * its guests ten minutes later at best.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { hosts } from "../../src/actors/host/Host.ts"
import { HostAdmin } from "../../src/actors/host/HostAdminProtocol.ts"
import { Fleet } from "../../src/drivers/Driver.ts"
import type { Driver, Inventory } from "../../src/drivers/Driver.ts"
import { DriverError } from "../../src/drivers/Driver.ts"
import { Kilonova } from "../../src/runtime/Kilonova.ts"
import { Records } from "../../src/runtime/kernel/Records.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { simulated } from "../../src/runtime/main/fleet.ts"
import { asked, breathe, create } from "../fixtures/asked.ts"
import { Servers } from "../../src/actors/instance/ServersProtocol.ts"
import { InstanceIndex } from "../../src/runtime/kernel/InstanceIndex.ts"
