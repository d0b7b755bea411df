import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { SubnetDraft } from "../../../src/actors/network/drafts.ts"
import { accepts, addressing } from "../../../src/actors/network/subnets.ts"
import { subnetDraft } from "../../fixtures/networks.ts"

const decide = (cidr: string, changes: Partial<SubnetDraft> = {}, siblings: ReadonlyArray<{ readonly cidr: string }> = []) =>
  addressing({ ...subnetDraft("net", cidr), ...changes }, siblings)
const refusedAs = (result: ReturnType<typeof decide>) => Result.isFailure(result) ? result.failure.code : "accepted"

describe("a subnet's addressing", () => {
  it("defaults to the first address as gateway and all others as its pool", () =>
    assert.deepInclude(Result.getOrThrow(decide("10.0.0.7/24")), {
      cidr: "10.0.0.0/24",
      gatewayIp: "10.0.0.1",
      allocationPools: [{ start: "10.0.0.2", end: "10.0.0.254" }]
    }))

  it("splits the pool around a gateway in the middle", () =>
    assert.deepStrictEqual(Result.getOrThrow(decide("10.0.0.0/29", { gatewayIp: "10.0.0.3" })).allocationPools, [
      { start: "10.0.0.1", end: "10.0.0.2" },
      { start: "10.0.0.4", end: "10.0.0.6" }
    ]))

  it("keeps all addresses for ports without a gateway", () =>
    assert.deepInclude(Result.getOrThrow(decide("10.0.0.0/30", { gatewayIp: null })), {
      gatewayIp: null,
      allocationPools: [{ start: "10.0.0.1", end: "10.0.0.2" }]
    }))

  it("has an IPv6 pool up to the last address", () =>
    assert.deepInclude(Result.getOrThrow(decide("2001:db8::/64")), {
      gatewayIp: "2001:db8::1",
      allocationPools: [{ start: "2001:db8::2", end: "2001:db8::ffff:ffff:ffff:ffff" }]
    }))

  it.each<[name: string, cidr: string, changes: Partial<SubnetDraft>, code: string]>([
    ["no prefix", "10.0.0.0", {}, "InvalidInput"],
    ["of the other IP version", "10.0.0.0/24", { ipVersion: 6 }, "InvalidInput"],
    ["of length 0", "0.0.0.0/0", {}, "InvalidInput"],
    ["too small for DHCP", "10.0.0.0/31", {}, "InvalidInput"],
    ["multicast", "224.0.0.0/24", {}, "InvalidInput"],
    ["loopback", "127.0.0.0/24", {}, "InvalidInput"],
    ["its gateway the broadcast address", "10.0.0.0/24", { gatewayIp: "10.0.0.255" }, "InvalidInput"],
    ["its gateway of the other version", "10.0.0.0/24", { gatewayIp: "::1" }, "InvalidInput"],
    ["its pool backwards", "10.0.0.0/24", { allocationPools: [{ start: "10.0.0.9", end: "10.0.0.8" }] }, "InvalidAllocationPool"],
    ["its pool outside", "10.0.0.0/24", { allocationPools: [{ start: "10.0.0.9", end: "10.0.1.8" }] }, "OutOfBoundsAllocationPool"],
    ["its pools overlapping", "10.0.0.0/24", {
      allocationPools: [{ start: "10.0.0.9", end: "10.0.0.20" }, { start: "10.0.0.20", end: "10.0.0.30" }]
    }, "OverlappingAllocationPools"],
    ["its gateway in the pool", "10.0.0.0/24", { allocationPools: [{ start: "10.0.0.1", end: "10.0.0.20" }] }, "GatewayConflictWithAllocationPools"],
    ["its name server of the other version", "10.0.0.0/24", { dnsNameservers: ["::1"] }, "InvalidInput"],
    ["its route of the other version", "10.0.0.0/24", { hostRoutes: [{ destination: "::/0", nexthop: "10.0.0.1" }] }, "InvalidInput"],
    ["six name servers", "10.0.0.0/24", { dnsNameservers: ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5", "1.1.1.6"] }, "DNSNameServersExhausted"],
    ["an IPv6 mode on IPv4", "10.0.0.0/24", { ipv6AddressMode: "slaac" }, "InvalidInput"],
    ["slaac without a /64", "2001:db8::/80", { ipv6AddressMode: "slaac" }, "InvalidInput"],
    ["two IPv6 modes", "2001:db8::/64", { ipv6AddressMode: "slaac", ipv6RaMode: "dhcpv6-stateful" }, "InvalidInput"]
  ])("is refused with %s", (_, cidr, changes, code) => assert.strictEqual(refusedAs(decide(cidr, changes)), code))

  it("is refused when it overlaps a sibling", () => {
    assert.strictEqual(refusedAs(decide("10.0.0.0/25", {}, [{ cidr: "10.0.0.0/24" }])), "InvalidInput")
    assert.strictEqual(refusedAs(decide("10.0.1.0/24", {}, [{ cidr: "10.0.0.0/24" }])), "accepted")
  })

  it("gives ports neither the network's own address nor the broadcast address", () =>
    assert.deepStrictEqual(
      ["10.0.0.0", "10.0.0.1", "10.0.0.254", "10.0.0.255", "10.0.1.1", "::1"].filter((each) => accepts({ cidr: "10.0.0.0/24" }, each)),
      ["10.0.0.1", "10.0.0.254"]
    ))
})
