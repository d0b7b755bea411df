/** What a server asks of a host. Sizes as the names say. */
export interface RequestSpec {
  readonly instanceId: string
  readonly projectId: string
  readonly vcpus: number
  readonly ramMb: number
  readonly diskGb: number
  readonly availabilityZone: string | null
  /** Only this host will do. */
  readonly host: string | null
  /** The filters are skipped; resources are not. */
  readonly isForced: boolean
  readonly excludedHosts: ReadonlyArray<string>
  readonly groupPolicy: string | null
  readonly maxServerPerHost: number
  /** Hosts of the group's members, with how many each has. */
  readonly groupHosts: ReadonlyMap<string, number>
}

/** A host as the scheduler sees it: capacity with overcommit, and what servers and picks in flight take of it. */
export interface HostState {
  readonly hostname: string
  readonly availabilityZone: string
  readonly isUp: boolean
  readonly isDisabled: boolean
  readonly disabledReason: string | null
  /** Physical, for the largest single server; and what may be promised in all. */
  readonly vcpus: number
  readonly memoryMb: number
  readonly vcpuCapacity: number
  readonly ramCapacityMb: number
  readonly diskCapacityGb: number
  readonly vcpusUsed: number
  readonly ramUsedMb: number
  readonly diskUsedGb: number
  readonly instances: number
}

/** Admits a host, or says why not, in words an operator reads. */
export interface Filter {
  readonly name: string
  /** Resources are asked even of a forced host. */
  readonly isResource: boolean
  readonly admits: (host: HostState, spec: RequestSpec) => true | string
}

export interface Weigher {
  readonly name: string
  readonly multiplier: number
  /** The greater the better, before normalisation to 0..1 over the admitted hosts. */
  readonly weigh: (host: HostState, spec: RequestSpec) => number
}
