/** What the process says of itself: log lines on stderr, traces to a collector, metrics for a scraper. */
import { Effect, Layer, Logger, Metric, References, Schedule } from "effect"
import type { LogLevel } from "effect"
import { FetchHttpClient } from "effect/http"
import { OtlpSerialization, OtlpTracer } from "effect/observability"
import { Limits } from "./Limits.ts"

export interface TelemetryOptions {
  readonly logLevel: LogLevel.LogLevel
  /** For people, or one JSON object a line. */
  readonly logFormat: "pretty" | "json"
  /** Base URL of an OTLP/HTTP collector; `null`: no spans are made at all, since each costs time on every request. */
  readonly otlpEndpoint: string | null
  readonly version: string
}

const logger = (format: TelemetryOptions["logFormat"]) =>
  Layer.mergeAll(
    Logger.layer([format === "pretty" ? Logger.consolePretty() : Logger.withConsoleError(Logger.formatJson)]),
    // Standard output is for what a person or a script asked for.
    Layer.succeed(Logger.LogToStderr, true)
  )

const tracer = (options: TelemetryOptions): Layer.Layer<never> =>
  options.otlpEndpoint === null
    ? Layer.succeed(References.TracerEnabled, false)
    : OtlpTracer.layer({
      url: `${options.otlpEndpoint}/v1/traces`,
      resource: { serviceName: "kilonova", serviceVersion: options.version }
    }).pipe(
      Layer.provide(OtlpSerialization.layerJson),
      Layer.provide(FetchHttpClient.layer)
    )

const residentBytes = Metric.gauge("process_resident_memory_bytes", { description: "Resident memory of the process" })
const cpuSeconds = Metric.gauge("process_cpu_seconds_total", { description: "Processor time the process has used" })

const measure = Effect.suspend(() => {
  const { system, user } = process.cpuUsage()
  return Effect.andThen(
    Metric.update(residentBytes, process.memoryUsage.rss()),
    Metric.update(cpuSeconds, (user + system) / 1e6)
  )
})

/** What Prometheus' own clients tell of a process, beside what the program counts. */
const processMetrics = Layer.effectDiscard(
  Effect.forkScoped(Effect.repeat(measure, Schedule.spaced(Limits.processMetricsMillis)))
)

/** Sets the loggers, the least level logged, the tracer and the metrics of everything built on it. */
export const layer = (options: TelemetryOptions): Layer.Layer<never> =>
  Layer.mergeAll(
    logger(options.logFormat),
    Layer.succeed(References.MinimumLogLevel, options.logLevel),
    tracer(options),
    processMetrics
  )
