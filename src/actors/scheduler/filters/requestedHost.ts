import type { RequestFilter } from "../Filter.ts"

/** Refuses all hosts but the one asked for, and those that failed this build before. */
export const requestedHost: RequestFilter = {
  name: "RequestedHostFilter",
  isResource: true,
  reach: (spec) =>
    spec.host !== null ? { only: [spec.host] } : spec.excludedHosts.length > 0 ? { except: spec.excludedHosts } : null,
  admits: (host, spec) => (spec.host === null || spec.host === host.hostname) && !spec.excludedHosts.includes(host.hostname),
  why: (host, spec) => ({
    reason: spec.host !== null && spec.host !== host.hostname ? `not the requested host ${spec.host}` : "failed an earlier try of this build"
  })
}
