/** What changed about flavors between versions, besides the shape of requests and answers. */
export const refusesAccessToPublic = { since: 7 }
export const validatesExtraSpecs = { since: 86 }
