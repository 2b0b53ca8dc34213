import type { ServerResponse } from 'node:http';
import type { Answer } from '#demo/odd/oddity';

declare global {
  interface JSON {
    /** Text that stands in the JSON as it is: a number of any size. */
    rawJSON(text: string): unknown;
  }
}

/** JSON in which an integer of type bigint is a number. */
const toJson = (body: unknown): string =>
  JSON.stringify(body, (_name, value: unknown) => (typeof value === 'bigint' ? JSON.rawJSON(String(value)) : value));

function toForm(body: unknown): string {
  const fields = Object.entries(body as Record<string, unknown>).filter(([, value]) => value !== undefined);
  return new URLSearchParams(fields.map(([name, value]) => [name, String(value)])).toString();
}

/** Writes an answer. Its `content-type` says what it is, unless a header says otherwise. */
export function send(response: ServerResponse, { status, headers, body, format }: Answer): void {
  const type = format === 'json' ? 'application/json' : 'application/x-www-form-urlencoded';
  const text = typeof body === 'string' ? body : format === 'json' ? toJson(body) : toForm(body);
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(text);
}
