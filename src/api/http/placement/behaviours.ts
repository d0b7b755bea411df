/** What changed with versions and is no field: see `versions.ts`. */
export const behaviours = {
  modificationHeaders: { since: 15 },
  errorCodes: { since: 23 },
  forbiddenTraits: { since: 22 },
  anyOfTraits: { since: 39 },
  manyMemberOf: { since: 24 },
  forbiddenAggregates: { since: 32 },
  usagesByType: { since: 38 },
  allocationsByProvider: { since: 12 },
  allResourcesShown: { since: 27 },
  namedGroups: { since: 33 },
  groupsWithoutResources: { since: 36 },
  nestedCandidates: { since: 29 },
  parents: { since: 14 },
  movesBetweenParents: { since: 37 },
  createdProviderShown: { since: 20 },
  aggregatesWithGeneration: { since: 19 },
  wholeReserve: { since: 26 },
  consumersWithoutOwner: { until: 7 },
  consumerGenerations: { since: 28 }
} as const
