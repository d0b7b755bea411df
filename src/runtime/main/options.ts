/**
 * Every option of Kilonova, once. The flags and their help, the environment variables, the keys of the file and the
 * listing of `kilonova config` are all read off this table.
 */
import { Result } from "effect"

/** What a flag, a variable or a key of the file may hold before it is checked. */
export type Given = string | number | boolean

export interface Option<A> {
  readonly meaning: string
  /** What the value is, in one word, for the help text. */
  readonly metavar: string
  readonly fallback: A
  /** The value, or the rule that what was given breaks: "must be …". */
  readonly read: (given: Given) => Result.Result<A, string>
  /** A variable of another standard that means the same; ours wins. */
  readonly otherVariable?: string
  readonly isSwitch?: true
  readonly isSecret?: true
  /** Where to find the file cannot stand in the file. */
  readonly isNotInFile?: true
}

type Row<A> = Omit<Option<A>, "read" | "metavar">

const int = <A extends number | null>(
  row: Row<A> & { readonly min: number; readonly max: number; readonly metavar: string }
): Option<A | number> => ({
  ...row,
  read: (given) => {
    const value = typeof given === "string" && /^-?\d+$/.test(given.trim()) ? Number(given) : given
    return typeof value === "number" && Number.isInteger(value) && value >= row.min && value <= row.max
      ? Result.succeed(value)
      : Result.fail(`must be a whole number from ${row.min} to ${row.max}`)
  }
})

const text = <A extends string | null>(row: Row<A> & { readonly metavar: string }): Option<A | string> => ({
  ...row,
  read: (given) =>
    typeof given === "string" && given.trim() !== "" ? Result.succeed(given) : Result.fail("must be a text that is not empty")
})

const choice = <const A extends string>(row: Row<NoInfer<A>> & { readonly of: ReadonlyArray<A> }): Option<A> => ({
  ...row,
  metavar: row.of.join("|"),
  read: (given) => {
    const value = row.of.find((candidate) => candidate === given)
    return value === undefined ? Result.fail(`must be one of ${row.of.join(", ")}`) : Result.succeed(value)
  }
})

const truths: Readonly<Record<string, boolean>> = {
  "true": true, "1": true, "yes": true, "on": true, "false": false, "0": false, "no": false, "off": false
}

const toggle = (row: Row<boolean>): Option<boolean> => ({
  ...row,
  metavar: "true|false",
  isSwitch: true,
  read: (given) => {
    const value = truths[String(given).toLowerCase()]
    return value === undefined ? Result.fail("must be true or false") : Result.succeed(value)
  }
})

const url = (row: Row<string | null>): Option<string | null> => ({
  ...row,
  metavar: "URL",
  read: (given) =>
    typeof given === "string" && URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)
      ? Result.succeed(given.replace(/\/+$/, ""))
      : Result.fail("must be an http:// or https:// URL")
})

export const options = {
  config: text({ fallback: null, metavar: "FILE", isNotInFile: true, meaning: "A TOML file with any of these options" }),
  port: int({ fallback: 8774, min: 0, max: 65_535, metavar: "PORT", meaning: "TCP port of every service; 0 takes a free one" }),
  host: text({ fallback: "127.0.0.1", metavar: "ADDRESS", meaning: "Address to listen on" }),
  dataDir: text({ fallback: ".data", metavar: "FOLDER", meaning: "Folder of the journal, the images and clouds.yaml" }),
  driver: choice({ fallback: "simulated", of: ["simulated", "libvirt"], meaning: "What runs the servers" }),
  hosts: int({ fallback: null, min: 1, max: 100_000, metavar: "COUNT", meaning: "Number of simulated hosts; 8 without it, or one for each shape of --topologies" }),
  topologies: text({ fallback: null, metavar: "FILE", meaning: "JSON file with the shapes of the simulated hosts, taken in turn" }),
  libvirtUri: text({ fallback: "qemu:///system", metavar: "URI", meaning: "Connection URI of the libvirt driver" }),
  virtType: choice({ fallback: "auto", of: ["auto", "kvm", "qemu"], meaning: "How libvirt's guests run; auto proves KVM with a guest, or else takes plain QEMU" }),
  demo: toggle({ fallback: true, meaning: "Seed flavors, a network and an image at the first start" }),
  adminPassword: text({ fallback: null, metavar: "PASSWORD", isSecret: true, meaning: "Password of the user admin; without it the first start draws one" }),
  publicUrl: url({ fallback: null, meaning: "Where callers reach a proxy in front of this cloud, for the catalog and for links" }),
  logLevel: choice({ fallback: "info", of: ["trace", "debug", "info", "warn", "error", "fatal", "none"], meaning: "Least severe log line to print" }),
  logFormat: choice({ fallback: "auto", of: ["auto", "pretty", "json"], meaning: "Form of log lines; auto is pretty on a terminal and json elsewhere" }),
  otlpEndpoint: url({ fallback: null, otherVariable: "OTEL_EXPORTER_OTLP_ENDPOINT", meaning: "OpenTelemetry collector for traces (OTLP over HTTP); none: no tracing" })
} as const

export type OptionName = keyof typeof options
export type Settings = { readonly [K in OptionName]: (typeof options)[K] extends Option<infer A> ? A : never }

export const optionNames = Object.keys(options) as ReadonlyArray<OptionName>

/** `dataDir` → `data-dir`: the flag and the key of the file. */
export const flagOf = (name: OptionName): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `dataDir` → `KILONOVA_DATA_DIR` */
export const variableOf = (name: OptionName): string => `KILONOVA_${flagOf(name).replaceAll("-", "_").toUpperCase()}`
