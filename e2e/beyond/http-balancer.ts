import { createConnection } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { getDebianProgram } from '#scripts/debian-programs';
import { freePort } from '#scripts/postgres-server';
import { prepareProgram } from './background-program.ts';
import { shippedWith } from './database-address.ts';

/** HAProxy before three processes of the hub. */
export interface HttpBalancer {
  url: string;
  /** The processes that it sends calls to at this moment. */
  up(): Promise<string[]>;
  /** How many calls each process has been sent so far. */
  served(): Promise<number[]>;
  close(): Promise<void>;
}

/** HAProxy as `deploy/haproxy.cfg` has it, with ports of its own and a socket that tells how it fares. */
export async function startHttpBalancer(ports: readonly number[]): Promise<HttpBalancer> {
  const program = await getDebianProgram('haproxy');
  const daemon = await prepareProgram('haproxy');
  const port = await freePort();
  const control = join(daemon.folder, 'control.sock');
  const shipped = shippedWith('haproxy.cfg', [
    [/127\.0\.0\.1:8080/, `127.0.0.1:${port}`],
    ...ports.map((own, at) => [new RegExp(`127\\.0\\.0\\.1:300${at + 1}`), `127.0.0.1:${own}`] as const),
  ]);
  const settings = daemon.write('haproxy.cfg', shipped);
  const telling = daemon.write('telling.cfg', `global\n  stats socket ${control} mode 600\n`);
  await daemon.start(program, ['-db', '-f', telling, '-f', settings], port);
  /** Rows of the processes, as the names of columns lead to values. */
  const state = async (): Promise<Record<string, string>[]> => {
    const socket = createConnection(control);
    socket.end('show stat\n');
    const [names, ...rows] = (await text(socket))
      .replace(/^# /, '')
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const named = rows.map((row) => Object.fromEntries((names ?? []).map((name, at) => [name, row[at] ?? ''])));
    return named.filter(({ svname }) => /^hub\d$/.test(svname ?? ''));
  };
  return {
    url: `http://127.0.0.1:${port}`,
    up: async () => (await state()).filter(({ status }) => status === 'UP').map(({ svname }) => svname ?? ''),
    served: async () => (await state()).map(({ stot }) => Number(stot)),
    close: daemon.close,
  };
}
