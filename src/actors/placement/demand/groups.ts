/** The request groups that extra specs spell out: `resources1:VGPU=1`, `trait1:CUSTOM_FAST=required`. */

/** Amounts of classes other than CPUs, memory and disk, by their names. */
export type Others = ReadonlyArray<readonly [name: string, amount: number]>

/** What one provider must give all of; of the group without suffix, the tree together. */
export interface AskedGroup {
  readonly suffix: string
  readonly resources: Others
  readonly required: ReadonlyArray<string>
  readonly forbidden: ReadonlyArray<string>
}

interface Groups {
  readonly unnamed: AskedGroup
  /** By their suffixes. */
  readonly groups: ReadonlyArray<AskedGroup>
}

const spelling = /^(resources|trait)([a-zA-Z0-9_-]{0,64}):([A-Z0-9_]+)$/

/** What does not read as an amount or a word of traits says nothing, as in Nova. */
export const groupsOf = (extraSpecs: { readonly [key: string]: string }): Groups => {
  const found = new Map<string, { resources: Array<readonly [string, number]>; required: Array<string>; forbidden: Array<string> }>()
  for (const [key, value] of Object.entries(extraSpecs)) {
    const [, kind, suffix = "", name = ""] = spelling.exec(key) ?? []
    if (kind === undefined) continue
    let group = found.get(suffix)
    if (group === undefined) found.set(suffix, group = { resources: [], required: [], forbidden: [] })
    if (kind === "resources" && /^\d+$/.test(value)) group.resources.push([name, Math.min(Number(value), Number.MAX_SAFE_INTEGER)])
    if (kind === "trait" && value === "required") group.required.push(name)
    if (kind === "trait" && value === "forbidden") group.forbidden.push(name)
  }
  const groupOf = (suffix: string): AskedGroup => {
    const { forbidden, required, resources } = found.get(suffix) ?? { resources: [], required: [], forbidden: [] }
    return { suffix, resources: resources.toSorted(), required: required.toSorted(), forbidden: forbidden.toSorted() }
  }
  const isSaying = ({ forbidden, required, resources }: AskedGroup) => resources.length + required.length + forbidden.length > 0
  return { unnamed: groupOf(""), groups: [...found.keys()].filter((suffix) => suffix !== "").toSorted().map(groupOf).filter(isSaying) }
}
