import type { Filter } from "../Filter.ts"

/** Refuses all hosts but the one asked for, and those that failed this build before. */
export const requestedHost: Filter = {
  name: "RequestedHostFilter",
  isResource: true,
  admits: (host, spec) =>
    spec.host !== null && spec.host !== host.hostname
      ? `not the requested host ${spec.host}`
      : !spec.excludedHosts.includes(host.hostname) || "failed an earlier try of this build"
}
