/** Hosts with providers beside their own: laws over trees of chance, judged by trying everything. */
import { assert, describe, it } from "vitest"
import { sharersOf } from "../../../src/actors/placement/candidates/sharing.ts"
import type { AskedGroup } from "../../../src/actors/placement/demand/groups.ts"
import { Forest } from "../../../src/actors/placement/Forest.ts"
import { capacityOf, type Provider } from "../../../src/actors/placement/Provider.ts"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import { withLoad, withoutLoad } from "../../../src/actors/scheduler/proof/hostChange.ts"
import { allocationsOf } from "../../../src/actors/scheduler/providerTree.ts"
import { rulesOf } from "../../../src/actors/scheduler/registry.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"
import { defaultSettings } from "../../../src/actors/scheduler/settings.ts"
import { takenBy } from "../../../src/actors/placement/demand/Taken.ts"
import { type Draw, pick, seeded } from "../../fixtures/mutate.ts"
import { everyAnswer, forest as planted, group, type Planted, request } from "../placement/candidates/forests.ts"
import { hostOf, specOf } from "./made.ts"

const names = ["CUSTOM_A", "CUSTOM_B"]
const traits = ["T1", "T2"]
const subset = <A>(draw: Draw, values: ReadonlyArray<A>, chance: number) => values.filter(() => draw() < chance)
const amounts = (draw: Draw, chance: number, most: number) =>
  Object.fromEntries(subset(draw, names, chance).map((name) => [name, 1 + Math.floor(draw() * most)]))

/** The host's own provider first; under it some, and some that share with it, or with nobody. */
const anyProviders = (draw: Draw): ReadonlyArray<Planted> => {
  const all: Array<Planted> = [{ uuid: "host", has: { ...amounts(draw, 0.4, 3), VCPU: 9 }, traits: subset(draw, traits, 0.4), aggregates: ["shared"] }]
  for (let at = 1, count = Math.floor(draw() * 5); at <= count; at++) {
    const isUnder = draw() < 0.7
    all.push({
      uuid: `p${at}`, has: amounts(draw, 0.7, 3),
      ...isUnder ? { parent: pick(draw, all.filter(({ parent, uuid }) => uuid === "host" || parent !== undefined)).uuid } : {},
      traits: [...subset(draw, traits, 0.4), ...isUnder ? [] : ["MISC_SHARES_VIA_AGGREGATE"]],
      aggregates: isUnder ? [] : [pick(draw, ["shared", "other"])]
    })
  }
  return all
}

/** The scheduler's host on these providers. */
const hostOn = (providers: ReadonlyArray<Planted>): HostState => {
  const trees = new Forest([...planted(providers).byUuid.values()].map((one) => one.uuid === "host" ? { ...one, hostname: "host" } : one))
  const root = trees.byUuid.get("host")!
  const around = { forest: trees, sharersOf: sharersOf(trees) }
  const isAlone = trees.treeOf("host").length === 1 && around.sharersOf(root).length === 0
  return hostOf("host", {
    traits: root.traits,
    others: new Map([...root.inventories].filter(([name]) => name !== "VCPU").map(([name, inventory]) => [name, { inventory, used: 0 }])),
    tree: isAlone ? null : { view: () => ({ root, around }), usedOf: () => new Map() }
  })
}

const anyGroup = (draw: Draw, suffix: string): AskedGroup => {
  const resources = Object.entries(amounts(draw, 0.6, 2))
  return { suffix, resources: resources.length === 0 ? [["CUSTOM_A", 1]] : resources, required: subset(draw, traits, 0.25), forbidden: subset(draw, traits, 0.15) }
}
const anySpec = (draw: Draw): RequestSpec => {
  const groups = subset(draw, ["1", "2", "3"], 0.4).map((suffix) => anyGroup(draw, suffix))
  const unnamed = amounts(draw, groups.length === 0 ? 0.9 : 0.4, 2)
  const total = new Map(Object.entries(unnamed))
  for (const { resources } of groups) for (const [name, amount] of resources) total.set(name, (total.get(name) ?? 0) + amount)
  return specOf({
    resources: [...total].toSorted(), groups, resourceGroupPolicy: pick(draw, ["none", "isolate"] as const),
    required: subset(draw, traits, 0.2), forbidden: subset(draw, traits, 0.1)
  })
}

const { filters } = rulesOf(defaultSettings)
const own = filters.filter(({ name }) => name === "Traits" || name === "Resources")
const admits = (host: HostState, spec: RequestSpec) => own.every((filter) => filter.admits(host, spec))

/** As Placement would be asked: the host's own gives the CPUs of the group without suffix. */
const askedOf = ({ forbidden, groups, required, resourceGroupPolicy, resources }: RequestSpec) => {
  const left = new Map(resources)
  for (const { resources: inGroup } of groups) for (const [name, amount] of inGroup) left.set(name, left.get(name)! - amount)
  const sets = (wanted: ReadonlyArray<string>) => wanted.map((trait) => new Set([trait]))
  return request([
    group("", Object.fromEntries([["VCPU", 1], ...[...left].filter(([, amount]) => amount > 0)]), { required: sets(required), forbidden: new Set(forbidden) }),
    ...groups.map((one) => group(one.suffix, Object.fromEntries(one.resources), { required: sets(one.required), forbidden: new Set(one.forbidden) }))
  ], { isIsolated: resourceGroupPolicy === "isolate" })
}

const load = (host: HostState, spec: RequestSpec) => {
  const allocations = allocationsOf(host, spec)
  return { taken: takenBy(spec, allocations ?? undefined), allocations, numa: null, devices: [] }
}
const usedOf = (host: HostState, { hostname, uuid, ...provider }: Provider, name: string): number =>
  hostname === null ? host.tree!.usedOf({ hostname, uuid, ...provider }).get(name) ?? 0 : host.others.get(name)?.used ?? 0
const providersOf = (host: HostState): ReadonlyArray<Provider> => host.tree?.view()?.around.forest.providers ?? []

const seeds = Array.from({ length: 500 }, (_, at) => at + 1)

describe("a host with a tree", () => {
  it("admits a request exactly where there is a way, and where the order of providers is another", () => {
    let admitted = 0
    for (const seed of seeds) {
      const draw = seeded(seed)
      const providers = anyProviders(draw)
      const spec = anySpec(draw)
      const trees = planted(providers)
      const isThere = [...everyAnswer(trees, () => new Map(), askedOf(spec))].some((answer) => answer.includes("host("))
      assert.strictEqual(admits(hostOn(providers), spec), isThere, `seed ${seed}`)
      const [root, ...others] = providers
      const turned = [root!, ...others.filter(({ parent }) => parent === undefined).toReversed(), ...others.filter(({ parent }) => parent !== undefined)]
      assert.strictEqual(admits(hostOn(turned), spec), isThere, `seed ${seed}, turned`)
      if (isThere) admitted++
    }
    assert.isAbove(admitted, 100)
    assert.isBelow(admitted, 400)
  })

  it("never gives more than it has, and has all again when its servers go", () => {
    let servers = 0
    for (const seed of seeds) {
      const draw = seeded(seed)
      const before = hostOn(anyProviders(draw))
      let host = before
      const made: Array<ReturnType<typeof load>> = []
      for (let tries = 0; tries < 8; tries++) {
        const spec = anySpec(draw)
        if (!admits(host, spec)) continue
        made.push(load(host, spec))
        host = withLoad(host, made.at(-1)!)
      }
      servers += made.length
      for (const provider of providersOf(host)) {
        for (const [name, inventory] of provider.inventories) {
          if (name !== "VCPU") assert.isAtMost(usedOf(host, provider, name), capacityOf(inventory), `seed ${seed}: ${name} of ${provider.uuid}`)
        }
      }
      for (const one of made.toReversed()) host = withoutLoad(host, one)
      for (const provider of providersOf(host)) for (const name of names) assert.strictEqual(usedOf(host, provider, name), 0, `seed ${seed}`)
      assert.deepStrictEqual(host.others, before.others)
    }
    assert.isAbove(servers, 600)
  })

  it("admits no less with a provider more, and no less of a request that asks for less", () => {
    for (const seed of seeds) {
      const draw = seeded(seed)
      const providers = anyProviders(draw)
      const spec = anySpec(draw)
      if (!admits(hostOn(providers), spec)) continue
      const more = [...providers, { uuid: "more", parent: "host", has: amounts(draw, 0.8, 2), traits: subset(draw, traits, 0.5) }]
      assert.isTrue(admits(hostOn(more), spec), `seed ${seed}: a provider more`)
      assert.isTrue(admits(hostOn(providers), { ...spec, required: [] }), `seed ${seed}: no traits`)
      assert.isTrue(admits(hostOn(providers), { ...spec, resourceGroupPolicy: "none" }), `seed ${seed}: groups together`)
      if (spec.groups.length === 0) {
        const less = spec.resources.map(([name, amount]) => [name, Math.max(1, amount - 1)] as const)
        assert.isTrue(admits(hostOn(providers), { ...spec, resources: less }), `seed ${seed}: less`)
      }
    }
  })
})
