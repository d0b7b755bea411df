import { BlockList, isIP } from "node:net"
import type { ClassFilter } from "../Filter.ts"

const networks = new Map<string, BlockList | null>()
const networksKeptMax = 64

/** `null`: the hints are no network. */
const networkOf = (near: string): BlockList | null => {
  const known = networks.get(near)
  if (known !== undefined) return known
  const [address = "", prefix = ""] = near.split("/")
  const family = isIP(address)
  const isNetwork = family !== 0 && /^\d+$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)
  const network = isNetwork ? new BlockList() : null
  network?.addSubnet(address, Number(prefix), family === 4 ? "ipv4" : "ipv6")
  if (networks.size >= networksKeptMax) networks.clear()
  networks.set(near, network)
  return network
}

/** Hosts whose address is within hint `cidr` of hint `build_near_host_ip` (Nova: SimpleCIDRAffinityFilter). */
export const simpleCidrAffinity: ClassFilter = {
  name: "SimpleCIDRAffinityFilter",
  isResource: false,
  key: (spec) => spec.near ?? "",
  admits: (host, spec) => {
    const family = isIP(host.hostIp)
    return family !== 0 && networkOf(spec.near ?? "")?.check(host.hostIp, family === 4 ? "ipv4" : "ipv6") === true
  },
  why: (host, spec) => ({
    reason: networkOf(spec.near ?? "") === null ? `${spec.near} is no network` : `its address ${host.hostIp} is not in ${spec.near}`
  })
}
