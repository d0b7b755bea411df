import type { Json } from "../shared/json.ts"

/** Records of one kind in memory: by key, and by what many of them share. Look-ups cost the size of their answer. */
export class Shelf<A extends Json, Group extends string = never> {
  private readonly byKey = new Map<string, A>()
  private readonly groups = new Map<Group, Map<string, Set<string>>>()
  private readonly groupings: ReadonlyArray<readonly [Group, (record: A) => ReadonlyArray<string>]>

  constructor(groupings: Readonly<Record<Group, (record: A) => ReadonlyArray<string>>>) {
    this.groupings = Object.entries(groupings) as Array<[Group, (record: A) => ReadonlyArray<string>]>
    for (const [group] of this.groupings) this.groups.set(group, new Map())
  }

  /** `undefined` removes. Answers what was there before. */
  set(key: string, record: A | undefined): A | undefined {
    const before = this.byKey.get(key)
    for (const [group, keysOf] of this.groupings) {
      const members = this.groups.get(group)!
      const old = before === undefined ? [] : keysOf(before)
      const now = record === undefined ? [] : keysOf(record)
      for (const each of old) if (!now.includes(each)) remove(members, each, key)
      for (const each of now) if (!old.includes(each)) add(members, each, key)
    }
    if (record === undefined) this.byKey.delete(key)
    else this.byKey.set(key, record)
    return before
  }

  get(key: string): A | undefined {
    return this.byKey.get(key)
  }

  all(): IterableIterator<A> {
    return this.byKey.values()
  }

  in(group: Group, key: string): Array<A> {
    const keys = this.groups.get(group)!.get(key)
    return keys === undefined ? [] : Array.from(keys, (each) => this.byKey.get(each)!)
  }

  count(group: Group, key: string): number {
    return this.groups.get(group)!.get(key)?.size ?? 0
  }
}

const add = (members: Map<string, Set<string>>, group: string, key: string): void => {
  const keys = members.get(group)
  if (keys === undefined) members.set(group, new Set([key]))
  else keys.add(key)
}

const remove = (members: Map<string, Set<string>>, group: string, key: string): void => {
  const keys = members.get(group)
  keys?.delete(key)
  if (keys?.size === 0) members.delete(group)
}
