import { existing } from '#lib/process-parts';

/** The kinds of work that a trace shows. */
export type SpanName = 'request' | 'database' | 'provider call' | 'refresh';

/**
 * All that a span says, by the names of OpenTelemetry's semantic conventions where they have one. Each has few values: no
 * path, no address, no id but a provider's, and no text of a person or provider.
 */
export interface SpanAttributes {
  'http.request.method'?: string;
  /** With `{}` in the place of every part that is no fixed word. */
  'http.route'?: string;
  'http.response.status_code'?: number;
  'db.system.name'?: 'postgresql' | 'pglite';
  'db.operation.name'?: string;
  /** The id of the provider's record. */
  'grantkeep.provider'?: string;
  /** The code of the error that ended it. */
  'error.type'?: string;
}

/** Adds to a span's attributes once they are known. */
export type SetAttributes = (more: SpanAttributes) => void;

/** Makes spans; the process has one only where the operator named an endpoint for them. */
export interface Tracing {
  run<T>(name: SpanName, attributes: SpanAttributes, work: (set: SetAttributes) => Promise<T>): Promise<T>;
}

/** The name of the process's part. */
export const tracingPart = 'tracing';

export const isTracing = (): boolean => existing<Tracing>(tracingPart) !== undefined;

const nothing: SetAttributes = () => {};

/** Does the work within a span. Without an endpoint it costs one look into a map. */
export function traced<T>(
  name: SpanName,
  attributes: () => SpanAttributes,
  work: (set: SetAttributes) => Promise<T>,
): Promise<T> {
  const tracing = existing<Tracing>(tracingPart);
  return tracing ? tracing.run(name, attributes(), work) : work(nothing);
}

const operations = /^\s*(select|insert|update|delete|with|begin|commit|rollback|set|savepoint|release|lock)\b/i;

/** The operation of a statement, and nothing else of it. */
export const operationOf = (statement: unknown): string =>
  operations.exec(typeof statement === 'string' ? statement : '')?.[1]?.toUpperCase() ?? 'OTHER';
