/** `clouds.yaml` as every OpenStack client reads it; a JSON string is a YAML string too. */
export const cloudsYaml = (cloud: { readonly url: string; readonly username: string; readonly password: string }): string =>
  `clouds:
  kilonova:
    auth:
      auth_url: ${JSON.stringify(`${cloud.url}/identity/v3`)}
      username: ${JSON.stringify(cloud.username)}
      password: ${JSON.stringify(cloud.password)}
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
    region_name: RegionOne
    identity_api_version: 3
`

/** Where a client on this machine finds the cloud: an address that means "all of them" is no address to call. */
export const urlOf = (host: string, port: number): string => {
  const callable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host
  return `http://${callable.includes(":") ? `[${callable}]` : callable}:${port}`
}

const quoteForShell = (word: string): string => /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** The two lines that point the `openstack` client at this cloud. */
export const exportLines = (file: string): ReadonlyArray<string> => [
  `export OS_CLIENT_CONFIG_FILE=${quoteForShell(file)}`,
  "export OS_CLOUD=kilonova"
]
