import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, FileSystem, Layer } from "effect"
import * as FlavorsService from "../../actors/catalog/FlavorsService.ts"
import * as KeypairsService from "../../actors/catalog/KeypairsService.ts"
import * as ServerGroupsService from "../../actors/catalog/ServerGroupsService.ts"
import * as IdentityService from "../../actors/identity/IdentityService.ts"
import * as AggregatesService from "../../actors/host/AggregatesService.ts"
import * as HostAdminService from "../../actors/host/HostAdminService.ts"
import * as ImagesService from "../../actors/image/ImagesService.ts"
import * as NetworkApiService from "../../actors/network/NetworkApiService.ts"
import * as NetworksService from "../../actors/network/NetworksService.ts"
import { NetworkStore } from "../../actors/network/NetworkStoreService.ts"
import * as PlacementAdminService from "../../actors/placement/PlacementAdminService.ts"
import * as PlacementService from "../../actors/placement/PlacementService.ts"
import * as QuotasService from "../../actors/project/QuotasService.ts"

/** A folder of this process alone, gone with it. */
const temporaryFolder = Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped({ prefix: "kilonova-images-" }))

const images = (folder: string | undefined) =>
  Layer.unwrap(Effect.map(folder === undefined ? temporaryFolder : Effect.succeed(folder), ImagesService.layer)).pipe(
    Layer.provide(NodeFileSystem.layer)
  )

const network = Layer.mergeAll(NetworksService.layerNoDeps, NetworkApiService.layerNoDeps).pipe(Layer.provide(NetworkStore.layer))

const catalog = Layer.mergeAll(
  AggregatesService.layer, HostAdminService.layer, FlavorsService.layer, KeypairsService.layer, ServerGroupsService.layer, QuotasService.layer,
  PlacementAdminService.layer.pipe(Layer.provideMerge(PlacementService.layer))
)

/** The built-in Keystone, Glance and Neutron, each behind a protocol that the real one could serve too; and Nova's own records. */
export const layer = (imagesFolder: string | undefined) =>
  Layer.mergeAll(catalog, network, images(imagesFolder)).pipe(Layer.provideMerge(IdentityService.layer()))
