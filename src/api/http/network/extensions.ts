/** What of Neutron's optional API is here: clients ask before they use it. */
const rows: ReadonlyArray<readonly [alias: string, name: string, description: string]> = [
  ["agent", "agent", "The agent management extension."],
  ["allowed-address-pairs", "Allowed Address Pairs", "Provides allowed address pairs"],
  ["availability_zone", "Availability Zone", "The availability zone extension."],
  ["binding", "Port Binding", "Expose port bindings of a virtual port to external application"],
  ["dns-integration", "DNS Integration", "Provides integration with DNS."],
  ["external-net", "Neutron external network", "Adds external network attribute to network resource."],
  ["extra_dhcp_opt", "Neutron Extra DHCP options", "Extra options configuration for DHCP."],
  ["filter-validation", "Filter parameters validation", "Provides validation on filter parameters."],
  ["net-mtu", "Network MTU", "Provides MTU attribute for a network resource."],
  ["net-mtu-writable", "Network MTU (writable)", "Provides a writable MTU attribute for a network resource."],
  ["network_availability_zone", "Network Availability Zone", "Availability zone support for network."],
  ["pagination", "Pagination support", "Extension that indicates that pagination is enabled."],
  ["port-numa-affinity-policy", "Port NUMA affinity policy", "Expose the port NUMA affinity policy"],
  ["port-numa-affinity-policy-socket", "Port NUMA affinity policy socket", "Adds the socket policy to the port NUMA affinity policies"],
  ["port-security", "Port Security", "Provides port security"],
  ["project-id", "project_id field enabled", "Extension that indicates that project_id field is enabled."],
  ["provider", "Provider Network", "Expose mapping of virtual networks to physical networks"],
  ["quotas", "Quota management support", "Expose functions for quotas management per tenant"],
  ["quota_details", "Quota details management support", "Expose functions for quotas usage statistics per project"],
  ["security-group", "security-group", "The security groups extension."],
  ["sorting", "Sorting support", "Extension that indicates that sorting is enabled."],
  ["standard-attr-description", "standard-attr-description", "Extension to add descriptions to standard attributes"],
  ["standard-attr-revisions", "Resource revision numbers", "Provides the revision number of resources."],
  ["standard-attr-tag", "Tag support for resources with standard attribute", "Enables to set tag on resources."],
  ["standard-attr-timestamp", "Resource timestamps", "Adds created_at and updated_at fields to resources."],
  ["stateful-security-group", "Stateful security group", "Indicates if the security group is stateful or not"],
  ["subnet-service-types", "Subnet service types", "Provides ability to set the subnet service_types field"]
]

export const extensions = rows.map(([alias, name, description]) => ({
  alias,
  name,
  description,
  updated: "2016-01-01T00:00:00-00:00",
  links: []
}))
