import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { toAppError, unavailableDigest } from '#lib/errors';
import { newId } from '#lib/ids';
import { once } from '#lib/registry';

/** What a page that is being rendered failed of. */
interface PageFailure {
  retryAfterSeconds?: number;
}

const underWay = () => once('page-failures', () => new AsyncLocalStorage<PageFailure>());

function digestFor(error: Error): string | undefined {
  const { code, retryAfterSeconds = 5 } = toAppError(error);
  // Ours with another code are faults of the page.
  if (code !== 'unavailable') return undefined;
  Object.assign(underWay().getStore() ?? {}, { retryAfterSeconds });
  return `${unavailableDigest}${newId('err')}`;
}

/**
 * Lets a failed page say in the browser whether trying again helps. Next sends nothing of an error there but its digest,
 * and keeps a digest that the error has. Errors come from drivers and libraries of several bundles, so that only the
 * prototype which all of them share can give them one: for what passes by itself, one that says so and that the log has.
 */
export function nameErrorsThatPass(): void {
  once('error-digests', () =>
    Object.defineProperty(Error.prototype, 'digest', {
      configurable: true,
      get(this: unknown) {
        if (!(this instanceof Error)) return undefined;
        const digest = digestFor(this);
        if (digest !== undefined) keep(this, digest);
        return digest;
      },
      set(this: object, digest: unknown) {
        keep(this, digest);
      },
    }),
  );
}

function keep(error: object, digest: unknown): void {
  Object.defineProperty(error, 'digest', { value: digest, configurable: true, enumerable: true, writable: true });
}

/** Serves a page. One that failed of what passes by itself is answered 503 with `Retry-After` where Next says 500. */
export function servePassing(response: ServerResponse, serve: () => void): void {
  const failure: PageFailure = {};
  const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => ServerResponse;
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    if (status !== 500 || failure.retryAfterSeconds === undefined) return writeHead(status, ...rest);
    response.setHeader('Retry-After', String(failure.retryAfterSeconds));
    return writeHead(503, ...rest);
  }) as typeof response.writeHead;
  underWay().run(failure, serve);
}
