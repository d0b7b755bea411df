/**
 * Every option of Kilonova, once. The flags and their help, the environment variables, the keys of the file and the
 * listing of `kilonova config` are all read off these tables.
 */
import { Result } from "effect"
import { parseDeviceSpecs } from "../../actors/placement/devices/deviceSpecs.ts"
import { checked, choice, int, type SettingsOf, text, toggle, url } from "./optionKinds.ts"
import { schedulerOptions } from "./schedulerOptions.ts"

const always = {
  config: text({ fallback: null, metavar: "FILE", isNotInFile: true, meaning: "A TOML file with any of these options" })
}

const telling = {
  logLevel: choice({ fallback: "info", of: ["trace", "debug", "info", "warn", "error", "fatal", "none"], meaning: "Least severe log line to print" }),
  logFormat: choice({ fallback: "auto", of: ["auto", "pretty", "json"], meaning: "Form of log lines; auto is pretty on a terminal and json elsewhere" }),
  otlpEndpoint: url({ fallback: null, otherVariable: "OTEL_EXPORTER_OTLP_ENDPOINT", meaning: "OpenTelemetry collector for traces (OTLP over HTTP); none: no tracing" })
}

const serving = {
  host: text({ fallback: "127.0.0.1", metavar: "ADDRESS", meaning: "Address to listen on" }),
  publicUrl: url({ fallback: null, meaning: "Where callers reach a proxy in front of this cloud, for the catalog and for links" }),
  demo: toggle({ fallback: true, meaning: "Seed flavors, a network and an image at the first start" }),
  adminPassword: text({ fallback: null, metavar: "PASSWORD", isSecret: true, meaning: "Password of the user admin; without it the first start draws one" })
}

const driving = {
  driver: choice({ fallback: "simulated", of: ["simulated", "libvirt"], meaning: "What runs the servers" }),
  hosts: int({ fallback: null, min: 1, max: 100_000, metavar: "COUNT", meaning: "Number of simulated hosts; 8 without it, or one for each shape of --topologies" }),
  topologies: text({ fallback: null, metavar: "FILE", meaning: "JSON file with the shapes of the simulated hosts, taken in turn" }),
  libvirtUri: text({ fallback: "qemu:///system", metavar: "URI", meaning: "Connection URI of the libvirt driver" }),
  libvirtPeerUri: text({ fallback: null, metavar: "URI", meaning: "By which other hosts' libvirt reach this one's, as qemu+tcp://HOST/system: guests move live between hosts that have one" }),
  virtType: choice({ fallback: "auto", of: ["auto", "kvm", "qemu"], meaning: "How libvirt's guests run; auto proves KVM with a guest, or else takes plain QEMU" }),
  cpuSharedSet: text({ fallback: null, metavar: "CPUS", meaning: "Host CPUs, as 0-3,8, that servers share; without it and --cpu-dedicated-set: all" }),
  cpuDedicatedSet: text({ fallback: null, metavar: "CPUS", meaning: "Host CPUs that pinned servers have to themselves; without it and --cpu-shared-set: all" }),
  enabledMdevTypes: text({ fallback: null, metavar: "TYPE,TYPE", meaning: "Types of mediated devices, as nvidia-35, that libvirt's guests may have as virtual graphics cards (resources:VGPU); of each card the first that it has" }),
  pciDeviceSpec: checked(
    { fallback: null, isList: true, metavar: "JSON", meaning: "PCI devices of the host that servers may have, as Nova's [pci]device_spec: {\"vendor_id\": \"10de\"} or {\"address\": \"*:81:00.*\", \"physical_network\": \"net1\"}; may be given several times" },
    (given) => Result.match(parseDeviceSpecs(given), { onSuccess: () => undefined, onFailure: (problem) => problem })
  )
}

/** `kilonova`: a cloud in one process. */
export const options = {
  config: always.config,
  port: int({ fallback: 8774, min: 0, max: 65_535, metavar: "PORT", meaning: "TCP port of every service; 0 takes a free one" }),
  host: serving.host,
  dataDir: text({ fallback: ".data", metavar: "FOLDER", meaning: "Folder of the journal, the images and clouds.yaml" }),
  ...driving,
  ...schedulerOptions,
  demo: serving.demo,
  adminPassword: serving.adminPassword,
  publicUrl: serving.publicUrl,
  ...telling
} as const
export type Settings = SettingsOf<typeof options>

/** Where the shared store is: every command that speaks with a cluster. */
const storing = {
  redis: text({ fallback: "redis://127.0.0.1:6379", metavar: "URL", isSecret: true, meaning: "The cluster's Redis: redis://, rediss://, redis+sentinel://HOST,HOST/MASTER, redis+cluster://HOST,HOST" }),
  redisCa: text({ fallback: null, metavar: "FILE", meaning: "Certificate of who signed that of Redis (rediss://)" }),
  redisPassword: text({ fallback: null, metavar: "PASSWORD", isSecret: true, meaning: "Password for Redis, where the URL has none" }),
  cell: text({ fallback: "cell1", metavar: "NAME", meaning: "Which of several clouds on the same Redis" })
}

/** `kilonova runner`: one of several processes of a cloud. */
export const runnerOptions = {
  ...always,
  ...storing,
  durability: choice({ fallback: "always", of: ["always", "everysec", "replica"], meaning: "When a commit counts as kept: on Redis' disk, there within a second, or on a replica too" }),
  history: int({ fallback: 50_000, min: 1_000, max: 10_000_000, metavar: "COUNT", meaning: "Changes that Redis keeps for those who follow them" }),
  acceptLoss: toggle({ fallback: false, meaning: "Go on with a Redis that has lost acknowledged changes: once, after deciding so" }),
  port: options.port,
  host: serving.host,
  publicUrl: serving.publicUrl,
  runnerHost: text({ fallback: "127.0.0.1", metavar: "ADDRESS", meaning: "Address where the other runners reach this one" }),
  runnerPort: int({ fallback: 8775, min: 1, max: 65_535, metavar: "PORT", meaning: "TCP port for the other runners; not for anybody else: put it on a private network" }),
  runnerListen: text({ fallback: null, metavar: "ADDRESS", meaning: "Address to listen on for the other runners, where it is not --runner-host" }),
  runnerCert: text({ fallback: null, metavar: "FILE", meaning: "This runner's certificate (PEM) for the other runners; with --runner-key and --runner-ca they speak TLS, and only with each other" }),
  runnerKey: text({ fallback: null, metavar: "FILE", meaning: "The key of --runner-cert (PEM)" }),
  runnerCa: text({ fallback: null, metavar: "FILE", meaning: "Certificate (PEM) of the one authority that signs the runners' own" }),
  controlUrl: url({ fallback: null, meaning: "Where agents of hypervisors reach this runner; without it http://HOST:PORT" }),
  dataDir: text({ fallback: ".data", metavar: "FOLDER", meaning: "Folder of what this runner remembers, and of clouds.yaml" }),
  imagesDir: text({ fallback: null, metavar: "FOLDER", meaning: "Folder of the image files, which all runners share; without it in the data folder" }),
  demo: serving.demo,
  adminPassword: serving.adminPassword,
  ...schedulerOptions,
  drainMillis: int({ fallback: 2_000, min: 0, max: 600_000, metavar: "MILLISECONDS", meaning: "Told to stop, it says that it is not ready for this long before it takes no more requests" }),
  ...telling
} as const
export type RunnerSettings = SettingsOf<typeof runnerOptions>

/** `kilonova agent`: drives the guests of this machine for a cluster. */
export const agentOptions = {
  ...always,
  control: text({ fallback: null, metavar: "URL,URL", meaning: "Runners to dial: http://HOST:PORT, https, ws or wss, separated by commas; the others are learned from them" }),
  tokenFile: text({ fallback: null, metavar: "FILE", meaning: "What \"kilonova cluster token HOST\" printed: a token, lines of \"hostname token\", or a folder with a file for each host" }),
  ca: text({ fallback: null, metavar: "FILE", meaning: "PEM certificates that sign the runners' own; without it, those this machine trusts" }),
  acceptLoss: toggle({ fallback: false, meaning: "Serve a control plane that has lost acknowledged changes: once, after deciding so" }),
  dataDir: text({ fallback: ".data", metavar: "FOLDER", meaning: "Folder of what the agent must remember: epochs, simulated guests, images" }),
  ...driving,
  ...telling
} as const

/** `kilonova front`: one address for all runners. */
export const frontOptions = {
  ...always,
  port: int({ fallback: 8774, min: 0, max: 65_535, metavar: "PORT", meaning: "TCP port to listen on; 0 takes a free one" }),
  host: serving.host,
  to: text({ fallback: null, metavar: "URL,URL", meaning: "The runners: http://HOST:PORT, separated by commas" }),
  ...telling
} as const
export type FrontSettings = SettingsOf<typeof frontOptions>

/** `kilonova cluster …`: what operators ask of a cluster. */
export const clusterOptions = { ...always, ...storing, ...telling } as const
export type ClusterSettings = SettingsOf<typeof clusterOptions>
