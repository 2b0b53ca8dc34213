import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getDebianProgram } from '#scripts/debian-programs';
import { freePort } from '#scripts/postgres-server';
import { prepareProgram } from './background-program.ts';

/** One address for all clients of a database, which can be led to another server. */
export interface DatabaseAddress {
  /** The URL that clients use. */
  url: string;
  /** Leads it to another server with the same database and role. */
  repoint(to: string): void;
  log(): string;
  close(): Promise<void>;
}

function addressed(url: string, port: number): string {
  const changed = new URL(url);
  changed.host = `127.0.0.1:${port}`;
  return changed.href;
}

/**
 * A configuration file as it is shipped, with other values for some of its lines.
 * @throws where the file has no such line: then the test would try another file than the shipped one
 */
export function shippedWith(file: string, lines: readonly (readonly [from: RegExp, to: string])[]): string {
  let text = readFileSync(fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url)), 'utf8');
  for (const [from, to] of lines) {
    if (!from.test(text)) throw new Error(`deploy/${file} has no line ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

/** PgBouncer as `deploy/pgbouncer.ini` has it, with ports, passwords and pool size of its own. */
export async function startPgbouncer(url: string, poolSize: number): Promise<DatabaseAddress> {
  const program = await getDebianProgram('pgbouncer');
  const daemon = await prepareProgram('pgbouncer');
  const port = await freePort();
  const { username, password, pathname } = new URL(url);
  const users = daemon.write('users.txt', `"${username}" "${decodeURIComponent(password)}"\n`);
  const settings = (to: string) => {
    const text = shippedWith('pgbouncer.ini', [
      [/^grantkeep = .*$/m, `${pathname.slice(1)} = host=127.0.0.1 port=${new URL(to).port}`],
      [/^listen_port = .*$/m, `listen_port = ${port}`],
      [/^auth_file = .*$/m, `auth_file = ${users}`],
      [/^default_pool_size = .*$/m, `default_pool_size = ${poolSize}`],
    ]);
    return daemon.write('pgbouncer.ini', `${text}unix_socket_dir =\n`);
  };
  await daemon.start(program, [settings(url)], port);
  return {
    url: addressed(url, port),
    repoint: (to) => {
      settings(to);
      daemon.reload();
    },
    log: daemon.log,
    close: daemon.close,
  };
}

/** HAProxy in front of one server at a time, as a balancer of connections; it is led elsewhere through its socket. */
export async function startTcpBalancer(url: string): Promise<DatabaseAddress> {
  const program = await getDebianProgram('haproxy');
  const daemon = await prepareProgram('haproxy');
  const port = await freePort();
  const control = join(daemon.folder, 'control.sock');
  const settings = daemon.write(
    'haproxy.cfg',
    `global
  stats socket ${control} mode 600 level admin
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
listen postgresql
  bind 127.0.0.1:${port}
  server primary 127.0.0.1:${new URL(url).port}
`,
  );
  await daemon.start(program, ['-db', '-f', settings], port);
  return {
    url: addressed(url, port),
    repoint: (to) => {
      const socket = createConnection(control);
      socket.end(`set server postgresql/primary addr 127.0.0.1 port ${new URL(to).port}\n`);
      socket.resume();
    },
    log: daemon.log,
    close: daemon.close,
  };
}
