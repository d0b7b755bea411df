/** The network service's refusals; the code is Neutron's exception name, which its error body carries as `type`. */
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"

export const invalidInput = (rule: string): Refusal =>
  refuse("badRequest", `Invalid input for operation: ${rule}.`, "InvalidInput")

const missing = { network: "NetworkNotFound", subnet: "SubnetNotFound", port: "PortNotFound" } as const

export const notFound = (kind: keyof typeof missing | "security group" | "security group rule", id: string): Refusal => {
  if (kind === "security group") return refuse("notFound", `Security group ${id} does not exist`, "SecurityGroupNotFound")
  if (kind === "security group rule") {
    return refuse("notFound", `Security group rule ${id} does not exist`, "SecurityGroupRuleNotFound")
  }
  return refuse("notFound", `${kind[0]!.toUpperCase()}${kind.slice(1)} ${id} could not be found.`, missing[kind])
}

/** `rules` are names of Neutron's policy rules, the operation first. */
export const disallowed = (...rules: ReadonlyArray<string>): Refusal => {
  const text = rules.map((rule) => `rule:${rule}`).join(" and ")
  return refuse(
    "forbidden",
    `${rules.length > 1 ? `(${text})` : text} is disallowed by policy`,
    "PolicyNotAuthorized"
  )
}

export const networkInUse = (id: string): Refusal =>
  refuse(
    "conflict",
    `Unable to complete operation on network ${id}. There are one or more ports still in use on the network.`,
    "NetworkInUse"
  )

export const subnetInUse = (id: string): Refusal =>
  refuse(
    "conflict",
    `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
    "SubnetInUse"
  )

export const addressInUse = (subnetId: string, address: string): Refusal =>
  refuse("conflict", `IP address ${address} already allocated in subnet ${subnetId}`, "IpAddressAlreadyAllocated")

export const macInUse = (networkId: string, mac: string): Refusal =>
  refuse(
    "conflict",
    `Unable to complete operation for network ${networkId}. The mac address ${mac} is in use.`,
    "MacAddressInUse"
  )

export const addressesExhausted = (networkId: string): Refusal =>
  refuse("conflict", `No more IP addresses available on network ${networkId}.`, "IpAddressGenerationFailure")

export const subnetExhausted = (subnetId: string): Refusal =>
  refuse("conflict", `No more IP addresses available for subnet ${subnetId}.`, "IpAddressGenerationFailure")

export const overQuota = (resource: string): Refusal =>
  refuse("conflict", `Quota exceeded for resources: ['${resource}'].`, "OverQuota")
