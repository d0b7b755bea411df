/** What a guest's description says of its host, put in the words of another host. Pure. */
import type { DomainSpec } from "../Driver.ts"
import { cpuTune, numaTune, vcpu } from "./numaXml.ts"
import { type Element, render } from "./xml.ts"

const replaced = (xml: string, name: string, element: Element | null): string => {
  const found = new RegExp(`[ \\t]*<${name}\\b(?:[^>]*/>|[\\s\\S]*?</${name}>)\\n?`).exec(xml)
  const text = element === null ? "" : `${render(element)}\n`
  if (found !== null) return xml.slice(0, found.index) + text + xml.slice(found.index + found[0].length)
  // Where it has none: behind what is always there.
  return element === null ? xml : xml.replace(/(<\/vcpu>\n?)/, `$1${text}`)
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("'", "&apos;").replaceAll("<", "&lt;")

/** Which images a disk rests on is found where it is to be. */
const withoutChains = (xml: string): string =>
  xml.replaceAll(/<disk\b[\s\S]*?<\/disk>/g, (disk) => disk.replace(/\s*(?:<backingStore\b[^>]*[^/]>[\s\S]*<\/backingStore>|<backingStore\s*\/>)/, ""))

/**
 * The guest as it is, which the other host must take in all that it can see, on the CPUs and memory of the other host and
 * with its files there: pins, nodes and paths are no part of what it sees.
 */
export const destinationXml = (live: string, spec: DomainSpec, from: string, to: string): string => {
  const moved = withoutChains(live).replaceAll(escaped(from), escaped(to))
  return replaced(replaced(replaced(moved, "vcpu", vcpu(spec)), "cputune", cpuTune(spec)), "numatune", numaTune(spec))
}
