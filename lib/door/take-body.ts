import { IncomingMessage } from 'node:http';

/** Forms and API calls are small; a megabyte of form fields takes seconds to read, and keeps everybody waiting. */
export const maxBodyBytes = 64 * 1024;

/** True where bytes follow the header, or may (RFC 9112 §6.3). */
const mayHaveBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Reads until the end, or one byte more than is wanted; `gone` where the sender broke off. */
function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too_large' | 'gone'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (result: Buffer | 'too_large' | 'gone') => {
      request.off('data', take).off('end', end).off('close', gone);
      resolve(result);
    };
    const take = (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > maxBytes) finish('too_large');
      else chunks.push(chunk);
    };
    const end = () => finish(Buffer.concat(chunks));
    const gone = () => finish('gone');
    // Stays: a refused request may break off later.
    request.on('error', () => {});
    request.on('data', take).on('end', end).on('close', gone);
  });
}

/**
 * Takes a request's body whole, by the bytes that came, and answers a request that has it and says its length. So the
 * code behind meets no sender who is slow or breaks off, and no second opinion on where a body ends. Trailers are
 * dropped.
 */
export async function takeBody(request: IncomingMessage): Promise<IncomingMessage | 'too_large' | 'gone'> {
  if (!mayHaveBody(request)) return request;
  const body = await readBody(request, maxBodyBytes);
  if (typeof body === 'string') return body;
  const whole = new IncomingMessage(request.socket);
  const { method, url, httpVersion, httpVersionMajor, httpVersionMinor } = request;
  Object.assign(whole, { method, url, httpVersion, httpVersionMajor, httpVersionMinor, complete: true });
  const headers = { ...request.headers, 'content-length': String(body.byteLength) };
  delete headers['transfer-encoding'];
  delete headers.trailer;
  whole.headers = headers;
  const framing = /^(?:content-length|transfer-encoding|trailer)$/i;
  whole.rawHeaders = request.rawHeaders.flatMap((name, at, all) =>
    at % 2 === 0 && !framing.test(name) ? [name, all[at + 1] ?? ''] : [],
  );
  whole.rawHeaders.push('content-length', String(body.byteLength));
  if (body.byteLength > 0) whole.push(body);
  whole.push(null);
  return whole;
}
