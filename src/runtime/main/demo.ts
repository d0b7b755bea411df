/** What the first start puts into an empty cloud beside flavors, so that a server can be created at once. */
import { writeFileSync } from "node:fs"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect } from "effect"
import type { ImageApi } from "../../actors/image/ImageApiProtocol.ts"
import { seedImage } from "../../actors/image/ImageSeedService.ts"
import type { NetworkApi } from "../../actors/network/NetworkApiProtocol.ts"
import { seedNetwork } from "../../actors/network/NetworkSeedService.ts"
import type { Caller } from "../../actors/shared/Caller.ts"
import { bootSector } from "./bootSector.ts"
import type { DataFolder } from "./dataFolder.ts"
import { cannotStart } from "./StartError.ts"
import type { StartError } from "./StartError.ts"

/** The administrator, as a token would say; nobody but this process can speak with it. */
const callerOf = (admin: { readonly userId: string; readonly projectId: string }): Caller => ({
  ...admin,
  userName: "admin",
  domainId: "default",
  projectName: "admin",
  roles: ["admin", "manager", "member", "reader"],
  isAdmin: true,
  systemScope: false,
  expiresAt: "9999-12-31T23:59:59Z"
})

/** The network `private` and the image `tiny`. Every part looks first, so a seeding cut short is taken up where it ended. */
export const seed = (
  admin: { readonly userId: string; readonly projectId: string }
): Effect.Effect<void, StartError, ImageApi | NetworkApi> => {
  const caller = callerOf(admin)
  return seedNetwork(caller).pipe(
    Effect.andThen(seedImage(caller, { name: "tiny", source: bootSector(), diskFormat: "raw" })),
    Effect.mapError(({ message }) => cannotStart(`The first network and image cannot be made (--no-demo starts without): ${message}`)),
    Effect.provide(NodeFileSystem.layer)
  )
}

/** The first start decides for ever: what users delete later stays deleted. */
export const markSeeded = (folder: Pick<DataFolder, "seeded">, isSeeded: boolean): Effect.Effect<void> =>
  Effect.sync(() => writeFileSync(folder.seeded, `${isSeeded}\n`))
