/** The cloud that recorded tests are replayed on: simulated hosts, the images, flavors and the network of the recordings. */
import { Context, Effect, Layer } from "effect"
import { flavors } from "../../src/actors/catalog/Flavor.ts"
import { standardFlavors } from "../../src/actors/catalog/standardFlavors.ts"
import { hosts } from "../../src/actors/host/Host.ts"
import { Identity } from "../../src/actors/identity/IdentityProtocol.ts"
import { imageTable } from "../../src/actors/image/Image.ts"
import { ipAllocationTable, networkTable, portTable, subnetTable } from "../../src/actors/network/Network.ts"
import { type ComputeServices, operations } from "../../src/api/http/compute/allOperations.ts"
import { computeFace } from "../../src/api/http/compute/computeFace.ts"
import type { Needs } from "../../src/api/http/compute/servers/asking.ts"
import { serverRoutes } from "../../src/api/http/compute/servers/routes.ts"
import { nobody } from "../../src/api/http/Face.ts"
import { topologies } from "../../src/drivers/simulated/topologies.ts"
import { Kilonova } from "../../src/runtime/Kilonova.ts"
import { InstanceIndex } from "../../src/runtime/kernel/InstanceIndex.ts"
import { Records } from "../../src/runtime/kernel/Records.ts"
import { simulated } from "../../src/runtime/main/fleet.ts"
import { call } from "../fixtures/http.ts"

export const project = "6f70656e737461636b20342065766572"
const at = "2011-01-01T01:02:03.000Z"

const images: ReadonlyArray<readonly [id: string, name: string, properties: { readonly [key: string]: string }]> = [
  ["nokernel", "nokernel", {}],
  ["155d900f-4e14-4e4c-a73d-069cbf4541e6", "fakeimage123456", { architecture: "x86_64" }],
  ["a2459075-d96c-40d5-893e-577ff92e721c", "fakeimage123456", {}],
  ["76fa36fc-c930-4bf3-8c8a-ea2a2420deb6", "fakeimage123456", { architecture: "x86_64" }],
  ["a440c04b-79fa-479c-bed1-0b816eaec379", "fakeimage6", { architecture: "x86_64", auto_disk_config: "False" }],
  ["70a599e0-31e7-49b7-b260-868f441e862b", "fakeimage7", { kernel_id: "nokernel", ramdisk_id: "nokernel", architecture: "x86_64", auto_disk_config: "True" }]
]
const imageRecords = images.map(([id, name, properties]) => ({
  table: imageTable,
  expect: "any" as const,
  put: {
    id, name, status: "active", visibility: "public", owner: project, isProtected: false, isHidden: false, containerFormat: "raw",
    diskFormat: "raw", minDisk: 0, minRam: 0, tags: ["tag1", "tag2"], members: [], properties, sizeBytes: 25_165_824, checksum: null,
    hashAlgorithm: null, hashValue: null, createdAt: at, updatedAt: at
  }
}))

const owned = { projectId: project, description: "", tags: [], createdAt: at, updatedAt: at, revision: 1 }
const network = "3cb9bc59-5699-4588-a4b1-b87f96708bc6"
const subnet = "f8a6e8f8-c2ec-497c-9f23-da9616de54ef"
const port = "ce531f90-199f-48c0-816c-13e38010b442"
const address = "192.168.1.3"
const networkRecords = [
  {
    table: networkTable,
    put: {
      ...owned, id: network, name: "private", isAdminStateUp: true, isShared: false, isExternal: false, isDefault: false,
      isPortSecurityEnabled: true, mtu: 1450, dnsDomain: "", availabilityZoneHints: [], networkType: "vxlan",
      physicalNetwork: null, segmentationId: 24
    }
  },
  {
    table: subnetTable,
    put: {
      ...owned, id: subnet, name: "private-subnet", networkId: network, ipVersion: 4, cidr: "192.168.1.0/24", gatewayIp: "192.168.1.1",
      allocationPools: [{ start: "192.168.1.1", end: "192.168.1.254" }], dnsNameservers: [], hostRoutes: [], isDhcpEnabled: true,
      ipv6AddressMode: null, ipv6RaMode: null, serviceTypes: []
    }
  },
  { table: ipAllocationTable, put: { subnetId: subnet, address, portId: port } },
  {
    table: portTable,
    put: {
      ...owned, id: port, name: "private-port", networkId: network, macAddress: "fa:16:3e:4c:2c:30", fixedIps: [{ subnetId: subnet, address }],
      deviceId: "", deviceOwner: "", isAdminStateUp: true, isPortSecurityEnabled: true, securityGroups: [], hostId: "",
      vnicType: "normal", profile: {}, allowedAddressPairs: [], extraDhcpOpts: [], dnsName: "", isPreexisting: true
    }
  }
].map((write) => ({ ...write, expect: "any" as const }))

const flavorRecords = [
  ...standardFlavors.map((flavor) => flavor(at)),
  { ...standardFlavors[0]!(at), id: "6", name: "m1.tiny.specs", extraSpecs: { "hw:numa_nodes": "1" } },
  { ...standardFlavors[1]!(at), id: "7", name: "m1.small.description", description: "test description" }
].map((put) => ({ table: flavors, put, expect: "any" as const }))

/** A token says who its bearer is: `user role,role`. */
const identity = Identity.of({
  verify: (token) => {
    const [userId = "", roles = ""] = token.split(" ")
    return Effect.succeed({
      ...nobody, userId, userName: userId, projectId: project, projectName: "openstack", roles: roles.split(","), isAdmin: roles.includes("admin")
    })
  },
  hasProject: () => Effect.succeed(true)
})

/** Lets every fiber that can run do so: no clock is moved. */
export const breathe = Effect.forEach(Array.from({ length: 30 }), () => Effect.promise(() => new Promise<void>((go) => setImmediate(go))), { discard: true })

const hostsOf = (records: Records["Service"], zone: string) =>
  [...records.all(hosts)].map((host) => ({ table: hosts, put: { ...host, availabilityZone: zone }, expect: "any" as const }))

export const makeCloud = Effect.fnUntraced(function*(hostnames: ReadonlyArray<string>, zone: string) {
  const context = yield* Layer.build(Kilonova.layer({
    listen: null,
    storage: "memory",
    withFlavors: false,
    fleet: simulated({ names: hostnames, topologies: [topologies[0]!] })
  }))
  const records = Context.get(context, Records)
  yield* breathe
  yield* records.write([...imageRecords, ...networkRecords, ...flavorRecords, ...hostsOf(records, zone)] as never)
  const face = yield* computeFace<ComputeServices | Needs>({ operations: [...operations, ...serverRoutes] }).pipe(
    Effect.provideService(Identity, identity),
    Effect.provideContext(context)
  )
  const ask = (method: string, path: string, roles: string, version: string | null, body?: unknown) =>
    call(face, {
      method,
      path,
      token: `${roles.includes("admin") ? "admin" : "fake"} ${roles}`,
      headers: version === null ? {} : { "openstack-api-version": `compute ${version}` },
      ...(body === undefined ? {} : { body })
    })
  return { ask, index: Context.get(context, InstanceIndex) }
})
export type Cloud = Effect.Success<ReturnType<typeof makeCloud>>
