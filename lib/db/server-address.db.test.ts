import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { type PostgresServer, serverAccount, startPostgres } from '#scripts/postgres-server';
import { describeWithConnections } from '#tests/database';
import { selfSigned } from '#tests/servers/self-signed';

const question = `select (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as encrypted,
  current_setting('search_path') as path, inet_client_addr() is null as "bySocket"`;

type Found = { encrypted: boolean; path: string; bySocket: boolean };

const asked: Record<string, (opened: Database) => Promise<Found | undefined>> = {
  'the hot path': async ({ hot }) => (await hot.read<Found>(question, []))[0],
  'everything else': async ({ db }) => rowsOf<Found>(await db.execute(sql.raw(question)))[0],
};

describeWithConnections('the URL of the database means the same to both drivers', () => {
  let folder: string;
  let authority: string;
  let server: PostgresServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gk-tls-'));
    authority = join(folder, 'cert.pem');
    const keyFile = join(folder, 'key.pem');
    const { key, cert } = selfSigned(1, 'other.example');
    writeFileSync(authority, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
    const { uid, gid } = await serverAccount();
    if (uid !== undefined && gid !== undefined)
      for (const path of [folder, authority, keyFile]) chownSync(path, uid, gid);
    const tls = { ssl: 'on', ssl_cert_file: authority, ssl_key_file: keyFile };
    server = await startPostgres({ ...tls, unix_socket_directories: folder });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The server's own URL with these parameters; `{ca}` stands for the file of its certificate. */
  const url = (query: string, host = '127.0.0.1') => {
    const address = new URL(server.url);
    address.hostname = host;
    return `${address.href}?${query.replace('{ca}', encodeURIComponent(authority))}`;
  };
  /** The same over the socket in the server's folder. */
  const bySocket = () => {
    const { username, password, port } = new URL(server.url);
    return `postgres:///postgres?${new URLSearchParams({ host: folder, port, user: username, password })}`;
  };

  const reached: [name: string, url: () => string, found: Partial<Found>][] = [
    ['no word of TLS', () => url(''), { encrypted: false }],
    ['sslmode=disable', () => url('sslmode=disable'), { encrypted: false }],
    ['a certificate of an authority in a file', () => url('sslmode=verify-full&sslrootcert={ca}'), { encrypted: true }],
    ['the file alone', () => url('sslrootcert={ca}'), { encrypted: true }],
    ['settings of the session', () => url('options=-c%20search_path%3Dpg_catalog'), { path: 'pg_catalog' }],
    ['the socket of a folder', bySocket, { bySocket: true }],
  ];
  const refused: [name: string, url: () => string, code: string][] = [
    ['an authority that nothing vouches for', () => url('sslmode=verify-full'), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['the same, where encryption is asked for only', () => url('sslmode=require'), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'the certificate of another host',
      () => url('sslmode=verify-full&sslrootcert={ca}', 'localhost'),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ];

  for (const [part, ask] of Object.entries(asked)) {
    test.each(reached)(`${part} is reached by %s`, async (_, address, found) => {
      const opened = openPostgres(address(), { max: 1 });
      expect(await ask(opened).finally(() => opened.close())).toMatchObject(found);
    });

    test.each(refused)(`${part} refuses %s`, async (_, address, code) => {
      const opened = openPostgres(address(), { max: 1 });
      const error: unknown = await ask(opened).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      await opened.close();
      const { cause = error } = error as Error;
      expect(cause).toMatchObject({ code });
    });
  }
});
