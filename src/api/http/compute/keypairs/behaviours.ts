/** What changed about key pairs between versions, besides the shape of requests and answers. */
export const comesInPages = { since: 35 }
