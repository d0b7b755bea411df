/** What changed about hypervisors between versions, besides the shape of requests and answers. */
export const comesInPages = { since: 33 }
export const isKnownByUuid = { since: 53 }
