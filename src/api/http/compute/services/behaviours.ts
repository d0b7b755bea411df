/** What changed about services between versions, besides the shape of requests and answers. */
export const hasForceDown = { since: 11 }
export const isKnownByUuid = { since: 53 }
