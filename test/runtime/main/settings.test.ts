import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { describe as listing, resolve } from "../../../src/runtime/main/settings.ts"
import { options } from "../../../src/runtime/main/options.ts"
import type { Sources } from "../../../src/runtime/main/settings.ts"

const silent: Sources = { flags: {}, environment: {}, file: null }
const file = (values: { readonly [key: string]: unknown }) => ({ path: "kilonova.toml", values })

const accepted = (sources: Partial<Sources>) => {
  const resolved = resolve(options, { ...silent, ...sources })
  return Result.isSuccess(resolved) ? resolved.success : assert.fail(resolved.failure.join("\n"))
}
const problems = (sources: Partial<Sources>) => {
  const resolved = resolve(options, { ...silent, ...sources })
  return Result.isFailure(resolved) ? resolved.failure : []
}

describe("settings", () => {
  it("hold the defaults when nobody says anything", () => {
    const { origins, settings } = accepted({})
    assert.deepStrictEqual(settings, {
      config: null,
      port: 8774,
      host: "127.0.0.1",
      dataDir: ".data",
      driver: "simulated",
      hosts: null,
      topologies: null,
      libvirtUri: "qemu:///system",
      libvirtPeerUri: null,
      virtType: "auto",
      cpuSharedSet: null,
      cpuDedicatedSet: null,
      enabledMdevTypes: null,
      pciDeviceSpec: null,
      enabledFilters:
        "ComputeFilter,ComputeCapabilitiesFilter,ImagePropertiesFilter,ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter",
      weights: null,
      hostSubsetSize: 1,
      shuffleBestHosts: false,
      packNumaCells: false,
      maxIoOpsPerHost: 8,
      maxInstancesPerHost: 50,
      isolatedHosts: null,
      isolatedImages: null,
      restrictIsolatedHosts: true,
      isolatedAggregateFiltering: false,
      imageTypeSupport: false,
      imageMetadataPrefilter: false,
      limitTenants: false,
      requireTenantAggregate: false,
      imageIsolationNamespace: null,
      weighedMetrics: null,
      pciAlias: null,
      demo: true,
      adminPassword: null,
      publicUrl: null,
      logLevel: "info",
      logFormat: "auto",
      otlpEndpoint: null
    })
    assert.strictEqual(origins.port, "default")
  })

  it("take a flag before a variable before the file before the default", () => {
    const all: Sources = { flags: { port: "1" }, environment: { KILONOVA_PORT: "2" }, file: file({ port: 3 }) }
    assert.deepStrictEqual(
      [all, { ...all, flags: {} }, { ...silent, file: all.file }, silent].map((sources) => {
        const { origins, settings } = accepted(sources)
        return [settings.port, origins.port]
      }),
      [[1, "--port"], [2, "KILONOVA_PORT"], [3, "kilonova.toml"], [8774, "default"]]
    )
  })

  it("read words of several as the flag, the variable and the key that everybody expects", () => {
    assert.strictEqual(accepted({ flags: { dataDir: "/a" } }).settings.dataDir, "/a")
    assert.strictEqual(accepted({ environment: { KILONOVA_DATA_DIR: "/b" } }).settings.dataDir, "/b")
    assert.strictEqual(accepted({ file: file({ "data-dir": "/c" }) }).settings.dataDir, "/c")
  })

  it("take an empty variable for one that is not set", () =>
    assert.strictEqual(accepted({ environment: { KILONOVA_PORT: "" } }).origins.port, "default"))

  it("honour OpenTelemetry's own variable, after ours", () => {
    const standard = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" }
    assert.strictEqual(accepted({ environment: standard }).settings.otlpEndpoint, "http://collector:4318")
    assert.strictEqual(
      accepted({ environment: { ...standard, KILONOVA_OTLP_ENDPOINT: "http://mine" } }).settings.otlpEndpoint,
      "http://mine"
    )
  })

  it("name option, source and rule of every wrong value at once", () =>
    assert.deepStrictEqual(
      problems({
        flags: { port: "nine" },
        environment: { KILONOVA_HOSTS: "0" },
        file: file({ driver: "vmware", demo: "perhaps", "log-level": ["info"] })
      }),
      [
        `--port must be a whole number from 0 to 65535, not "nine"`,
        `driver (kilonova.toml) must be one of simulated, libvirt, not "vmware"`,
        `KILONOVA_HOSTS must be a whole number from 1 to 100000, not "0"`,
        `demo (kilonova.toml) must be true or false, not "perhaps"`,
        `log-level (kilonova.toml) must be a single value, not ["info"]`
      ]
    ))

  it.each([["65536"], ["1.5"], [" "], ["1e3"], [true]])("refuse the port %s", (port) =>
    assert.strictEqual(problems({ flags: { port } }).length, 1))

  it("refuse a key of the file that is no option", () => {
    const [problem] = problems({ file: file({ prot: 1 }) })
    assert.match(problem ?? "", /^prot \(kilonova\.toml\) is not an option; known: port, /)
    assert.strictEqual(problems({ file: file({ config: "other.toml" }) }).length, 1)
  })

  it("show every option but no secret", () => {
    const text = listing(options, accepted({ flags: { adminPassword: "correct horse" } }))
    assert.notInclude(text, "correct horse")
    assert.include(text, "admin-password = ********\n    from --admin-password;")
    assert.include(text, "port = 8774\n    from default; default 8774; --port PORT, KILONOVA_PORT")
  })

  it("do not repeat a secret that breaks its rule", () =>
    assert.deepStrictEqual(problems({ flags: { adminPassword: " " } }), ["--admin-password must be a text that is not empty"]))

  it("of scheduling name filters, weighers and numbers that there are", () => {
    assert.deepStrictEqual(accepted({ flags: { weights: "RAMWeigher=-1.0, CPUWeigher=2" } }).settings.weights, "RAMWeigher=-1.0, CPUWeigher=2")
    assert.match(problems({ flags: { enabledFilters: "ComputeFilter,RetryFilter" } }).join(), /--enabled-filters must not name RetryFilter: there are ComputeFilter, /)
    assert.match(problems({ flags: { weights: "RamWeigher=1" } }).join(), /--weights must not name RamWeigher: there are RAMWeigher, /)
    assert.match(problems({ flags: { weights: "RAMWeigher=" } }).join(), /--weights must give RAMWeigher a number/)
  })

  it("that are JSON are a text, or in the file a table or several of them", () => {
    const gpu = { name: "gpu", vendor_id: "10de", product_id: "1eb8" }
    const given = (value: unknown) => accepted({ file: file({ "pci-alias": value }) }).settings.pciAlias
    for (const value of [[gpu], gpu, [JSON.stringify(gpu)]]) assert.deepStrictEqual([JSON.parse(given(value) ?? "")].flat(), [gpu])
    assert.deepStrictEqual(problems({ flags: { pciAlias: "{}" } }), ["--pci-alias must keep the rules of its keys: name must be there, not \"{}\""])
    assert.deepStrictEqual(problems({ environment: { KILONOVA_PCI_DEVICE_SPEC: "[" } }), ["KILONOVA_PCI_DEVICE_SPEC must be a JSON object, or a JSON list of them, not \"[\""])
  })
})
