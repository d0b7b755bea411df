import type { HostState } from "../HostState.ts"
import type { Premise } from "./DrainPlan.ts"

/** By name. */
type Hosts = ReadonlyMap<string, HostState>

export const premiseOf = ({ diskUsedGb, hostname, instances, isDisabled, isUp, ramUsedMb, vcpusUsed }: HostState): Premise =>
  ({ host: hostname, isUp, isDisabled, instances, vcpusUsed, ramUsedMb, diskUsedGb })

export const premisesOf = (hosts: Hosts, hostnames: Iterable<string>): ReadonlyArray<Premise> =>
  [...new Set(hostnames)].toSorted().flatMap((hostname) => {
    const host = hosts.get(hostname)
    return host === undefined ? [] : [premiseOf(host)]
  })

const facts = ["isUp", "isDisabled", "instances", "vcpusUsed", "ramUsedMb", "diskUsedGb"] as const
type Fact = typeof facts[number]

/** `host h1: ramUsedMb was 512, is 1024`, of the facts that matter. */
export const differencesOf = (was: Premise, is: Premise, matters: (fact: Fact) => boolean = () => true): ReadonlyArray<string> =>
  facts.filter((fact) => was[fact] !== is[fact] && matters(fact)).map((fact) => `host ${was.host}: ${fact} was ${was[fact]}, is ${is[fact]}`)

/** What is not as the plan took it to be. */
export const changedPremises = (premises: ReadonlyArray<Premise>, hosts: Hosts): ReadonlyArray<string> =>
  premises.flatMap((was) => {
    const [is] = premisesOf(hosts, [was.host])
    return is === undefined ? [`host ${was.host} is gone`] : differencesOf(was, is)
  })
