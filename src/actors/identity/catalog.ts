/** The service catalog: what this cloud offers and where, from the origin a caller reached it by. */
export interface CatalogService {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly description: string
  /** Appended to the origin. */
  readonly path: string
}

export const region = "RegionOne"
const interfaces = ["public", "internal", "admin"] as const

/** Ids are fixed, so that what a client remembers of them holds across installations. */
export const services: ReadonlyArray<CatalogService> = [
  { id: "identity", type: "identity", name: "keystone", description: "Identity", path: "/identity" },
  { id: "compute", type: "compute", name: "nova", description: "Compute", path: "/compute/v2.1" },
  { id: "placement", type: "placement", name: "placement", description: "Placement", path: "/placement" },
  { id: "image", type: "image", name: "glance", description: "Image", path: "/image" },
  { id: "network", type: "network", name: "neutron", description: "Network", path: "/network" }
]

export interface Endpoint {
  readonly id: string
  readonly interface: typeof interfaces[number]
  readonly region: string
  readonly region_id: string
  readonly url: string
}

export const endpointsOf = (service: CatalogService, origin: string): ReadonlyArray<Endpoint> =>
  interfaces.map((name) => ({
    id: `${service.id}-${name}`,
    interface: name,
    region,
    region_id: region,
    url: origin + service.path
  }))

/** As it stands in a token. */
export const catalogOf = (origin: string) =>
  services.map((service) => ({
    id: service.id,
    type: service.type,
    name: service.name,
    endpoints: endpointsOf(service, origin)
  }))

/** `http://host/identity` → `http://host` */
export const originOf = (base: string): string => base.endsWith("/identity") ? base.slice(0, -"/identity".length) : base
