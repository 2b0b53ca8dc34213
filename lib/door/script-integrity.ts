import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import { createTagWriter, type ScriptIntegrity } from '#lib/door/script-tags';

/** Browsers that know it run no script without integrity, whatever put it into the page (W3C Subresource Integrity §3.7). */
const integrityPolicy = 'blocked-destinations=(script), endpoints=(policy)';

/** Types of content that compress well. */
const compressible = /^(?:text\/|application\/(?:json|x-ndjson)\b|image\/svg)/;

type Given = unknown[];
type Done = () => void;

interface Outlet {
  take(chunk: unknown, then?: Done): boolean;
  finish(): void;
}

/**
 * Takes the markup of a page on its way out and writes the integrity of its scripts into it. Such answers are compressed
 * here, since they must be read before: Next does not learn what the browser accepts.
 */
export function withIntegrity(request: IncomingMessage, response: ServerResponse, integrity: ScriptIntegrity): void {
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(String(request.headers['accept-encoding'] ?? ''));
  delete request.headers['accept-encoding'];
  const writeHead = response.writeHead.bind(response) as (...given: Given) => ServerResponse;
  const write = response.write.bind(response) as (...given: Given) => boolean;
  const end = response.end.bind(response) as (...given: Given) => ServerResponse;
  let decided = false;
  let outlet: Outlet | undefined;

  function begin(isPage: boolean): Outlet {
    for (const name of ['content-length', 'etag']) response.removeHeader(name);
    if (takesGzip) response.setHeader('content-encoding', 'gzip');
    const tags = isPage ? createTagWriter(integrity) : undefined;
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    // Each piece goes out at once: a page is sent as it is made.
    const out = takesGzip ? createGzip({ flush: constants.Z_SYNC_FLUSH }) : new PassThrough();
    out.on('data', (chunk: Buffer) => {
      if (!write(chunk)) out.pause();
    });
    // The browser went away: Next may write on, and the answer is over.
    out.on('error', () => response.destroy());
    out.once('end', () => end());
    out.on('drain', () => response.emit('drain'));
    response.on('drain', () => out.resume());
    response.once('close', () => out.destroy());
    return {
      take(chunk, then) {
        const text = (given: unknown) =>
          typeof given === 'string' ? given : decoder.decode(given as Uint8Array, { stream: true });
        const ready = tags ? tags.write(text(chunk)) : (chunk as string | Uint8Array);
        return out.write(ready, () => then?.());
      },
      finish: () => void out.end(tags && tags.write(decoder.decode()) + tags.end()),
    };
  }

  const callbackOf = (given: Given) => given.find((one): one is Done => typeof one === 'function');
  Object.assign(response, {
    writeHead(status: number, ...more: Given) {
      // A refusal of the door itself comes with its headers here; it has no script.
      const ownHeaders = more.some((one) => typeof one === 'object' && one !== null);
      if (!decided && !ownHeaders) {
        const type = String(response.getHeader('content-type') ?? '');
        const isPage = /^text\/html\b/.test(type);
        if (isPage) response.setHeader('Integrity-Policy', integrityPolicy);
        const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304;
        const plain = !response.hasHeader('content-encoding');
        if (hasBody && plain && (isPage || (takesGzip && compressible.test(type)))) outlet = begin(isPage);
      }
      decided = true;
      return writeHead(status, ...more);
    },
    write(chunk: unknown, ...more: Given) {
      if (!response.headersSent) response.writeHead(response.statusCode);
      return outlet ? outlet.take(chunk, callbackOf(more)) : write(chunk, ...more);
    },
    end(...given: Given) {
      if (!response.headersSent) response.writeHead(response.statusCode);
      if (!outlet) return end(...given);
      const [chunk] = given;
      const then = callbackOf(given);
      if (then) response.once('finish', then);
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) outlet.take(chunk);
      outlet.finish();
      return response;
    },
  });
}
