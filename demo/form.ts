import type { IncomingMessage } from 'node:http';

const limit = 56 * 1024;

/** Reads a form to its end. Throws a RangeError above 56 KiB. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new RangeError('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Reads a whole form and puts it back, edited by `edit`, for oidc-provider to read again.
 * Null for a body without a length or above 56 KiB, which is left alone.
 */
export async function peekForm(
  request: IncomingMessage,
  edit: (form: URLSearchParams) => void,
): Promise<URLSearchParams | null> {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (!Number.isInteger(length) || length > limit) return null;
  if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return null;
  const original = await readExactly(request, length);
  if (!original) return null;
  const form = new URLSearchParams(original.toString('utf8'));
  const before = form.toString();
  edit(form);
  const after = form.toString();
  const body = after === before ? original : Buffer.from(after);
  request.headers['content-length'] = String(body.length);
  // The stream has not emitted `end` yet, so that what was read can still be put back.
  if (body.length > 0) request.unshift(body);
  return form;
}

function readExactly(request: IncomingMessage, length: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const settle = (result: Buffer | null) => {
      request.off('readable', onReadable).off('close', onClose).off('error', onClose);
      resolve(result);
    };
    const onClose = () => settle(null);
    const onReadable = () => {
      while (received < length) {
        const chunk = request.read() as Buffer | null;
        if (chunk === null) return;
        chunks.push(chunk);
        received += chunk.length;
      }
      settle(Buffer.concat(chunks));
    };
    request.on('readable', onReadable).on('close', onClose).on('error', onClose);
    if (length === 0) settle(Buffer.alloc(0));
    else onReadable();
  });
}
