import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemContext } from '#lib/context';
import { basicEncodings } from '#lib/db/schema/basic-encodings';
import { learntEncodings, mostHosts } from '#lib/oauth/basic-credentials';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { forget } from '#lib/process-parts';
import { keepEncoding, recallLearnt } from '#lib/provider-calls/learnt-encodings';
import { describeProvider } from '#lib/provider-check/describe-provider';
import { startHeartbeat } from '#lib/status/heartbeat';
import { sharedDatabase } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';
import { depsFor, pinnedOf } from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';

const database = sharedDatabase();
const secret = 'a+b~c';

/** A server that reads HTTP Basic in one encoding, and a hub with a record that says the default. */
async function startServer(reads: 'form' | 'raw') {
  const server = await quirkyServer();
  server.on('POST /token', ({ headers }) => {
    const text = Buffer.from(headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    const given = text.slice(text.indexOf(':') + 1);
    const known = (reads === 'raw' ? given : new URLSearchParams(`x=${given}`).get('x')) === secret;
    return known
      ? { json: { access_token: 'at', token_type: 'bearer' } }
      : { status: 401, json: { error: 'invalid_client' } };
  });
  const runtime = createRuntime(database.current, [
    { ...plainRecord(server.url), client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' },
  ]);
  const record = runtime.providers.get('acme');
  if (!record) throw new Error('no record');
  const refresh = async () => {
    const before = server.seen.length;
    await refreshGrant(record, pinnedOf(server), { refreshToken: 'rt' }, depsFor(record));
    return server.seen.length - before;
  };
  return { runtime, record, refresh, host: new URL(server.url).host };
}

/** As a process that has just started: it knows nothing. */
const restart = () => forget('oauth.basic-encodings');
const rows = () => database.db.select({ encoding: basicEncodings.encoding }).from(basicEncodings);

describe('P-01 the encoding of HTTP Basic that works is remembered', () => {
  test('by the next process, and the provider’s page shows it', async () => {
    await database.db.delete(basicEncodings);
    const { runtime, record, refresh, host } = await startServer('raw');
    const end = startHeartbeat(runtime);
    onTestFinished(end);
    expect(await refresh()).toBe(2);
    await expect.poll(rows).toEqual([{ encoding: 'raw' }]);
    restart();
    const shown = await describeProvider(systemContext(runtime, 'test'), { provider: 'acme' });
    expect(shown.learntEncodings).toEqual([{ host, encoding: 'raw' }]);
    restart();
    await recallLearnt(runtime);
    expect(learntEncodings(record).get(host)).toBe('raw');
    expect(await refresh()).toBe(1);
  });

  test('a memory that is wrong or lost costs one more request, and is put right', async () => {
    await database.db.delete(basicEncodings);
    const { runtime, record, refresh, host } = await startServer('form');
    await keepEncoding(runtime, record, host, 'raw');
    restart();
    await recallLearnt(runtime);
    const end = startHeartbeat(runtime);
    onTestFinished(end);
    expect(await refresh()).toBe(2);
    await expect.poll(rows).toEqual([]);
    restart();
    expect(await refresh()).toBe(1);
  });

  test('another client, issuer or provider remembers nothing of it', async () => {
    await database.db.delete(basicEncodings);
    const first = await startServer('raw');
    await keepEncoding(first.runtime, first.record, first.host, 'raw');
    const other = await startServer('raw');
    await recallLearnt(other.runtime);
    expect(learntEncodings(other.record).size).toBe(0);
  });

  test('of one record no more hosts are kept than people could usefully name, the newest', async () => {
    await database.db.delete(basicEncodings);
    const { runtime, record } = await startServer('raw');
    const host = (at: number) => `shop-${at}.example`;
    for (let at = 0; at < mostHosts + 3; at++) await keepEncoding(runtime, record, host(at), 'raw');
    expect(await rows()).toHaveLength(mostHosts);
    await recallLearnt(runtime);
    expect([host(2), host(3)].map((one) => learntEncodings(record).get(one))).toEqual([undefined, 'raw']);
  });

  test('the database takes no encoding that is none', async () => {
    const wrong = sql`insert into basic_encodings (provider, issuer, client_id, host, encoding) values ('a', 'b', 'c', 'd', 'x')`;
    await expect(database.db.execute(wrong)).rejects.toThrow();
  });
});
