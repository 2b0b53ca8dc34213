import type { RequestListener } from 'node:http';
import type { Runtime } from '#lib/context';
import { mayReadMetrics } from '#lib/metrics/authorize';
import { metricsOf } from '#lib/metrics/collect';

/** Answers `/metrics` in Prometheus’ text format; a request that may not read it gets a 404. */
export function metricsListener(runtime: () => Runtime | undefined): RequestListener {
  return (request, response) => {
    const parts = runtime();
    const plain = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    const refuse = (status: number, text: string) => response.writeHead(status, plain).end(`${text}\n`);
    request.resume();
    if (!parts) return void refuse(503, 'not ready');
    if (!mayReadMetrics(parts.config, request)) return void refuse(404, 'not found');
    if (request.method !== 'GET' && request.method !== 'HEAD') return void refuse(405, 'method not allowed');
    const registry = metricsOf(parts);
    registry.metrics().then(
      (text) => response.writeHead(200, { ...plain, 'content-type': registry.contentType }).end(text),
      (error: unknown) => {
        parts.log.error({ event: 'metrics_failed', err: error });
        refuse(503, 'not available');
      },
    );
  };
}
