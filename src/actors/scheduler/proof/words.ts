/** A proof in sentences: one for who wants the server, all of it for operators. */
import type { Proof, Refused, Relaxation } from "./Proof.ts"

const hostsText = (count: number): string => `${count} host${count === 1 ? "" : "s"}`

const pagesText = (kb: number): string => kb >= 1024 * 1024 ? `${kb / 1024 / 1024} GiB` : kb >= 1024 ? `${kb / 1024} MiB` : `${kb} KiB`

const unit: Readonly<Record<string, string>> = { MEMORY_MB: "MiB of memory", DISK_GB: "GiB of disk", VCPU: "VCPU" }

/** Nothing here names a host or a server; `null`: it cannot be said without. */
const ownText = (relaxation: Relaxation): string | null => {
  switch (relaxation._tag) {
    case "Shortage": return `${relaxation.short} ${unit[relaxation.resource] ?? relaxation.resource} short in zone ${relaxation.zone}`
    case "Zone": return `fits ${hostsText(relaxation.hosts)} in zone ${relaxation.zone}`
    case "PageSize": return `fits ${hostsText(relaxation.hosts)} with ${pagesText(relaxation.pageSizeKb)} pages`
    case "Unpinned": return `fits ${hostsText(relaxation.hosts)} without CPU pinning`
    case "Group": return `fits ${hostsText(relaxation.hosts)} without the server group's policy`
    case "Move": return null
  }
}

const operatorText = (relaxation: Relaxation): string =>
  relaxation._tag === "Move"
    ? `fits after moving server ${relaxation.server} off host ${relaxation.host}`
    : `${ownText(relaxation)}${relaxation._tag === "Shortage" ? ` (${hostsText(relaxation.hosts)})` : ""}`

/** For the server's owner: the relaxation that asks least of them, a sentence without hosts' names and others' servers. Empty: there is none. */
export const adviceOf = ({ relaxations }: Refused): string => {
  for (const relaxation of relaxations) {
    const text = ownText(relaxation)
    if (text !== null) return ` Nearest: ${text}.`
  }
  return ""
}

const requestText = ({ devices, excludedHosts, groupPolicy, host, isForced, numa, diskGb, ramMb, vcpus, zone }: Proof["request"]): string => [
  `${vcpus} VCPU`, `${ramMb} MiB`, `${diskGb} GiB`,
  ...zone === null ? [] : [`zone ${zone}`],
  ...numa === null ? [] : [numa],
  ...devices === undefined ? [] : [`PCI devices ${devices}`],
  ...groupPolicy === null ? [] : [`group of ${groupPolicy}`],
  ...host === null ? [] : [`${isForced ? "forced " : ""}host ${host}`],
  ...excludedHosts.length === 0 ? [] : [`not ${excludedHosts.join(", ")}`]
].join(", ")

/** For operators, a line each. */
export const explanationOf = ({ at, outcome, request }: Proof): string => {
  const head = `${at} ${request.requestId}, try ${request.attempt}: ${requestText(request)}`
  if (outcome._tag === "Placed") {
    return [
      head, `placed on ${outcome.host} with ${outcome.score}; ${hostsText(outcome.admitted)} admitted`,
      ...outcome.scores.map(({ normalised, value, weighted, weigher }) => `  ${weigher}: ${value} is ${normalised} of the range, weighs ${weighted}`),
      ...outcome.runnersUp.map(({ host, score }) => `  next: ${host} with ${score}`)
    ].join("\n")
  }
  return [
    head, `refused by all of ${hostsText(outcome.hosts)}`,
    ...outcome.groups.map(({ count, filter, hosts, reason }) =>
      `  ${filter}: ${reason} (${hostsText(count)}: ${hosts.join(", ")}${count > hosts.length ? ", …" : ""})`),
    ...outcome.moreHosts === 0 ? [] : [`  ${hostsText(outcome.moreHosts)} more`],
    ...outcome.relaxations.map((one) => `  ${operatorText(one)}`)
  ].join("\n")
}
