import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, Histogram } from '@opentelemetry/api';
import type { Config } from '#lib/config/config';
import type { Logger } from '#lib/log';
import { forget, once } from '#lib/process-parts';
import { namePageRoutes } from '#lib/telemetry/route-of';
import type { SpanAttributes, SpanName, Tracing } from '#lib/telemetry/span';
import { tracingPart } from '#lib/telemetry/span';

/** Seconds. */
const metricsEvery = 30;
const shortestBetweenWarnings = 60;
const mostFlushMs = 5_000;

/** How each kind of span is measured: the instrument's name, and bounds of its buckets in seconds. */
const measured: Readonly<Record<SpanName, string>> = {
  request: 'http.server.request.duration',
  database: 'db.client.operation.duration',
  'provider call': 'http.client.request.duration',
  refresh: 'grantkeep.refresh.duration',
};
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A code, never a sentence: of our errors, of the database (SQLSTATE), or of the system. */
function typeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^\w{1,40}$/.test(code)) return code;
  return error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : 'error';
}

/**
 * Sends traces and metrics to the operator's endpoint by OTLP over HTTP, where one is set; the SDK is loaded only then. It
 * is not made the global one: Next would add spans of its own, and their addresses hold codes. Spans begin here: a caller's
 * `traceparent` is not taken, and providers get none.
 * @returns sends the rest and ends it
 */
export async function startTelemetry(
  { telemetry }: Pick<Config, 'telemetry'>,
  log: Logger,
): Promise<() => Promise<void>> {
  if (!telemetry) return async () => {};
  const [
    { diag, DiagLogLevel, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace },
    sdk,
    metrics,
    { resourceFromAttributes },
  ] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/resources'),
  ]);
  const [{ OTLPTraceExporter }, { OTLPMetricExporter }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/exporter-metrics-otlp-http'),
  ]);
  let warnedAt = Number.NEGATIVE_INFINITY;
  const warn = () => {
    if (performance.now() - warnedAt < shortestBetweenWarnings * 1000) return;
    warnedAt = performance.now();
    // Without its words: they quote what was to be sent.
    log.warn({ event: 'telemetry_not_sent' });
  };
  const silent = () => {};
  diag.setLogger(
    { error: warn, warn: silent, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
  const { endpoint, headers, serviceName, sampled } = telemetry;
  const resource = resourceFromAttributes({ 'service.name': serviceName });
  const at = (signal: string) => ({ url: `${endpoint}/v1/${signal}`, headers });
  const provider = new sdk.TracerProvider({
    resource,
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(sampled) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter(at('traces')) })],
  });
  const reader = new metrics.PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(at('metrics')),
    exportIntervalMillis: metricsEvery * 1000,
    exportTimeoutMillis: mostFlushMs,
  });
  const meters = new metrics.MeterProvider({ resource, readers: [reader] });
  const tracer = provider.getTracer('grantkeep');
  const meter = meters.getMeter('grantkeep');
  const options = { unit: 's', advice: { explicitBucketBoundaries: bounds } };
  const histograms = Object.fromEntries(
    Object.entries(measured).map(([name, instrument]) => [name, meter.createHistogram(instrument, options)]),
  ) as Record<SpanName, Histogram>;
  const kinds = {
    request: SpanKind.SERVER,
    database: SpanKind.CLIENT,
    'provider call': SpanKind.CLIENT,
    refresh: SpanKind.INTERNAL,
  };
  const contexts = new AsyncLocalStorage<Context>();

  const run: Tracing['run'] = (name, given, work) => {
    const parent = contexts.getStore() ?? ROOT_CONTEXT;
    const span = tracer.startSpan(name, { kind: kinds[name], attributes: { ...given } }, parent);
    const begunAt = performance.now();
    const attributes: SpanAttributes = { ...given };
    const set = (more: SpanAttributes) => {
      Object.assign(attributes, more);
      span.setAttributes({ ...more });
    };
    const fail = (error: unknown) => {
      set({ 'error.type': typeOf(error) });
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    };
    return contexts
      .run(trace.setSpan(parent, span), () => work(set))
      .catch(fail)
      .finally(() => {
        span.end();
        histograms[name].record((performance.now() - begunAt) / 1000, { ...attributes });
      });
  };
  namePageRoutes(process.cwd());
  forget(tracingPart);
  once<Tracing>(tracingPart, () => ({ run }));
  return async () => {
    forget(tracingPart);
    const sent = Promise.allSettled([provider.shutdown(), meters.shutdown()]);
    await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, mostFlushMs).unref())]);
  };
}
