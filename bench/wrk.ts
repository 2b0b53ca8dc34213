import { randomInt } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '#scripts/processes';
import { canInstallPackages, installPackages } from '#scripts/system-packages';

/** One HTTP request as a caller would write it. */
export interface CallerRequest {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** What a service with an API key sends to vend. */
export const vendRequest = (id: string, key: string): CallerRequest => ({
  method: 'POST',
  path: `/api/v1/connections/${id}/token`,
  headers: { authorization: `Bearer ${key}` },
});

/** What one run of the load generator measured. */
export interface Load {
  requests_per_second: number;
  p50_ms: number;
  p99_ms: number;
  max_ms: number;
  requests: number;
}

/**
 * Makes sure that wrk is there: a load generator in C, because on a small machine one in JavaScript would take the
 * processor that the server under test needs.
 */
export async function needWrk(): Promise<void> {
  const there = async () => (await capture('wrk', ['--version'])).output.startsWith('wrk');
  if (await there()) return;
  if (canInstallPackages() && (await installPackages('wrk')) && (await there())) return;
  throw new Error('wrk was not found and could not be installed. Install the package wrk.');
}

/** Requests ready to be sent: a file that wrk reads. */
export interface Requests {
  url: string;
  file: string;
  count: number;
  remove(): void;
}

/** Writes requests for wrk into a folder. They are sent in this order, round and round. */
export function writeRequests(folder: string, name: string, url: string, all: readonly CallerRequest[]): Requests {
  const file = join(folder, `${name}.requests`);
  const { host } = new URL(url);
  writeFileSync(file, all.map((one) => rawRequest(host, one)).join('\0'), { mode: 0o600 });
  return { url, file, count: all.length, remove: () => rmSync(file, { force: true }) };
}

function rawRequest(host: string, { method, path, headers, body = '' }: CallerRequest): string {
  const lines = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

/**
 * Keeps so many connections busy for so many seconds: each sends its next request when it has its answer. Begins
 * somewhere in the requests, so that no two runs ask for the same rows first.
 * @throws an Error when any request failed or was answered with a status of 400 or more
 */
export async function load(requests: Requests, given: { connections: number; seconds: number }): Promise<Load> {
  const { status, output } = await capture('wrk', [
    '--threads',
    '1',
    '--connections',
    String(given.connections),
    '--duration',
    `${given.seconds}s`,
    '--timeout',
    '60s',
    '--script',
    'bench/wrk.lua',
    requests.url,
    '--',
    requests.file,
    String(randomInt(requests.count)),
  ]);
  const line = output.split('\n').findLast((text) => text.startsWith('{'));
  if (status !== 0 || !line) throw new Error(`wrk failed:\n${output}`);
  const said = JSON.parse(line) as Record<
    'microseconds' | 'requests' | 'p50' | 'p99' | 'max' | 'failed' | 'refused',
    number
  >;
  if (said.failed > 0 || said.refused > 0) {
    throw new Error(
      `Of ${said.requests} requests to ${requests.url}, ${said.failed} failed and ${said.refused} were refused.`,
    );
  }
  return {
    requests_per_second: said.requests / (said.microseconds / 1e6),
    p50_ms: said.p50 / 1000,
    p99_ms: said.p99 / 1000,
    max_ms: said.max / 1000,
    requests: said.requests,
  };
}
