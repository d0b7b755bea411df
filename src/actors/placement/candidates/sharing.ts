/** Providers that give to other trees: whoever is in an aggregate with one of them may be served by it. */
import type { Forest } from "../Forest.ts"
import type { Provider } from "../Provider.ts"

const sharingTrait = "MISC_SHARES_VIA_AGGREGATE"
export const isSharing = ({ traits }: Provider): boolean => traits.has(sharingTrait)

const nobody: ReadonlyArray<Provider> = []

/** For each root, the sharing providers of other trees that it can be served by. */
export const sharersOf = (forest: Forest): (root: Provider) => ReadonlyArray<Provider> => {
  const byAggregate = new Map<string, Array<Provider>>()
  for (const provider of forest.providers) {
    if (!isSharing(provider)) continue
    for (const aggregate of provider.aggregates) {
      const sharers = byAggregate.get(aggregate)
      if (sharers === undefined) byAggregate.set(aggregate, [provider])
      else sharers.push(provider)
    }
  }
  if (byAggregate.size === 0) return () => nobody
  return (root) => {
    const found = new Set<Provider>()
    for (const { aggregates } of forest.treeOf(root.uuid)) {
      for (const aggregate of aggregates) {
        for (const sharer of byAggregate.get(aggregate) ?? nobody) if (sharer.rootUuid !== root.uuid) found.add(sharer)
      }
    }
    return [...found]
  }
}
