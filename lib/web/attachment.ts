import { Readable } from 'node:stream';

/** A file for the browser to keep. It is made for who asked and is kept nowhere else; its type is not guessed. */
export function attachment(body: Readable | string, name: string, type: string): Response {
  return new Response(typeof body === 'string' ? body : (Readable.toWeb(body) as ReadableStream), {
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  });
}
