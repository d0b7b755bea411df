/** The version a request asks of a service, in the header that all services share: the last entry for it. */
export const versionAsked = (headers: Readonly<Record<string, string | undefined>>, service: string): string | undefined => {
  for (const entry of (headers["openstack-api-version"] ?? "").split(",").reverse()) {
    const [name, version] = entry.trim().split(/\s+/)
    if (name?.toLowerCase() === service && version !== undefined) return version
  }
  return undefined
}
