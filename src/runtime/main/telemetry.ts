import * as Telemetry from "../Telemetry.ts"
import type { Settings } from "./options.ts"
import { version } from "./version.ts"

const levels = { trace: "Trace", debug: "Debug", info: "Info", warn: "Warn", error: "Error", fatal: "Fatal", none: "None" } as const

/** Logs, traces and metrics as the options say. */
export const telemetry = (settings: Pick<Settings, "logLevel" | "logFormat" | "otlpEndpoint">) =>
  Telemetry.layer({
    logLevel: levels[settings.logLevel],
    logFormat: settings.logFormat === "auto" ? (process.stderr.isTTY ? "pretty" : "json") : settings.logFormat,
    otlpEndpoint: settings.otlpEndpoint,
    version
  })
