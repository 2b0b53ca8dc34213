import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { noteFailure } from '#lib/door/note-failure';
import { refusalParts } from '#lib/door/oauth-answers';
import { type AppError, toAppError, unavailableDigest } from '#lib/errors';
import { newId } from '#lib/ids';
import { once } from '#lib/process-parts';

/** The passing cause that a page failed of while it was rendered. */
interface PageFailure {
  error?: AppError;
}

const underWay = () => once('page-failures', () => new AsyncLocalStorage<PageFailure>());

function keep(error: object, digest: unknown): void {
  Object.defineProperty(error, 'digest', { value: digest, configurable: true, enumerable: true, writable: true });
}

/** A digest for what passes by itself, which the log has, too; none for every other error, which Next gives its own. */
function nameError(thrown: Error): string | undefined {
  const error = toAppError(thrown);
  if (error.code !== 'unavailable') return undefined;
  Object.assign(underWay().getStore() ?? {}, { error });
  const digest = `${unavailableDigest}${newId('err')}`;
  keep(thrown, digest);
  return digest;
}

/**
 * Lets a failed page say in the browser whether trying again helps. Next sends nothing of an error there but its digest,
 * and keeps a digest that the error has. Errors come from drivers and libraries of several bundles, so that only the
 * prototype which all of them share can give them one.
 */
export function nameErrorsThatPass(): void {
  once('error-digests', () =>
    Object.defineProperty(Error.prototype, 'digest', {
      configurable: true,
      get(this: unknown) {
        return this instanceof Error ? nameError(this) : undefined;
      },
      set(this: object, digest: unknown) {
        keep(this, digest);
      },
    }),
  );
}

type Given = unknown[];

/**
 * Serves a page. Where Next would answer 500 for what passes by itself, the answer is 503 with `Retry-After` and a page
 * that needs no script. A page that has begun to be sent, or is asked for by a script, says it in its own place.
 */
export function servePassing(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
  const failure: PageFailure = {};
  const writeHead = response.writeHead.bind(response) as (...given: Given) => ServerResponse;
  const write = response.write.bind(response) as (...given: Given) => boolean;
  const end = response.end.bind(response) as (...given: Given) => ServerResponse;
  let replaced = false;
  /** True from the moment on that the answer is ours: later writes of Next are dropped. */
  const isOurs = (status = response.statusCode): boolean => {
    if (replaced || response.headersSent || status !== 500 || !failure.error) return replaced;
    replaced = true;
    const requestId = String(response.getHeader('x-request-id'));
    noteFailure('page_failed', failure.error, { requestId });
    const { headers, body } = refusalParts(failure.error, requestId, {
      heading: 'This page could not be shown',
      again: request.method === 'GET',
    });
    // Next's `link` asks for fonts ahead, which this page has not and its policy refuses.
    for (const name of ['content-encoding', 'transfer-encoding', 'etag', 'link']) response.removeHeader(name);
    writeHead(503, { ...headers, 'content-length': Buffer.byteLength(body) });
    end(request.method === 'HEAD' ? undefined : body);
    return true;
  };
  // All three: compression calls the first by itself, and code that ends without it must not be in the middle of
  // ending.
  Object.assign(response, {
    writeHead: (...given: Given) => (isOurs(Number(given[0])) ? response : writeHead(...given)),
    write: (...given: Given) => isOurs() || write(...given),
    end: (...given: Given) => (isOurs() ? response : end(...given)),
  });
  underWay().run(failure, serve);
}
