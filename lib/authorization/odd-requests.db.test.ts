import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { chooseEntry } from '#lib/connections/choose';
import { getConnection } from '#lib/connections/get';
import { nameConnection } from '#lib/connections/name';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { connections } from '#lib/db/schema/connections';
import { revokeConnection } from '#lib/revocation/revoke';
import { beginSession } from '#lib/sign-in/sessions';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addPerson, createRuntime, rowOf, settle } from '#tests/hub';
import { documentedExamples } from '#tests/odd/example';
import { idTokenSigner } from '#tests/servers/id-tokens';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();

/**
 * An example of docs/providers.md with this server in place of its hosts; a host's part becomes the first part of the
 * path.
 */
function example(id: string, server: QuirkyServer): Record<string, unknown> {
  const documented = documentedExamples().find((one) => one.id === id)?.record;
  const record: Record<string, unknown> = JSON.parse(JSON.stringify(documented), (name, value: unknown) => {
    if (name === 'token_headers') return { 'api-version': '3' };
    if (typeof value !== 'string') return value;
    return value.replace(/https:\/\/([a-z.{}]+\.example)/, (_, host: string) => {
      const part = /\{\w+\}/.exec(host)?.[0];
      return part ? `${server.url}/${part}` : server.url;
    });
  });
  const { client_secret_env: _variable, ...rest } = record;
  return { ...rest, client_secret: 'not-a-real-secret' };
}

async function signedIn(record: Record<string, unknown>): Promise<Visitor> {
  const runtime = createRuntime(database.current, [record]);
  const { id, ctx } = await addPerson(runtime);
  const session = await beginSession(database.db, ctx(), { id, role: 'user' });
  const visitor = new Visitor(runtime);
  await writeSessionId(runtime.config, visitor.jar, session.id, session.seconds);
  return visitor;
}

/** Begins a flow; `back` is what the server's redirect carries. */
async function connect(
  visitor: Visitor,
  id: string,
  back: Record<string, string>,
  fields: Record<string, string> = {},
  consent: (asked: URLSearchParams) => unknown = () => {},
) {
  const started = await visitor.start({ intent: 'connect', provider: id, ...fields });
  const asked = new URL(started.headers.get('location') ?? '');
  const written = new URLSearchParams(asked.hash.split('?')[1] ?? asked.search);
  await consent(written);
  const query = new URLSearchParams({ state: written.get('state') ?? '', ...back });
  const answer = await visitor.callback(`http://localhost:3000/oauth/callback/${id}?${query}`);
  const { searchParams } = new URL(answer.headers.get('location') ?? '', 'http://localhost:3000');
  return { asked, written, flow: searchParams.get('flow'), id: searchParams.get('connection') ?? '' };
}

const endLife = (id: string) =>
  database.db
    .update(connections)
    .set({
      accessTokenExpiresAt: sql`now() - interval '1 second'`,
      accessTokenIssuedAt: sql`now() - interval '1 hour'`,
    })
    .where(sql`${connections.id} = ${id}`);

test('P-24 the example of a server of many tenants connects those of its list alone', async () => {
  const server = await quirkyServer();
  const signer = await idTokenSigner(server);
  server.on('GET /common/v2.0/.well-known/openid-configuration', {
    json: {
      issuer: `${server.url}/{tenantid}/v2.0`,
      ...{ authorization_endpoint: `${server.url}/authorize`, token_endpoint: `${server.url}/token` },
      jwks_uri: `${server.url}/jwks`,
    },
  });
  const visitor = await signedIn(example('directory', server));
  const through = (tid: string) =>
    connect(visitor, 'directory', { code: 'c' }, {}, async (asked) => {
      const iss = `${server.url}/${tid}/v2.0`;
      const id_token = await signer.sign({ iss, tid, aud: 'hub', nonce: asked.get('nonce'), name: 'Ada' });
      server.on('POST /token', { json: { access_token: 'at-1', refresh_token: 'rt-1', expires_in: 3600, id_token } });
    });
  const tenant = '8f2c7a10-0000-4000-8000-000000000001';
  const { flow, id } = await through(tenant);
  expect(flow).toBe('connected');
  expect(await rowOf(visitor.runtime, id)).toMatchObject({
    issuer: `${server.url}/${tenant}/v2.0`,
    subject: 'subject-1',
  });
  expect((await through('8f2c7a10-0000-4000-8000-000000000002')).flow).not.toBe('connected');
  await endLife(id);
  server.on('POST /token', { json: { access_token: 'at-2', expires_in: 3600 } });
  const { ctx } = await addApiKey(visitor.runtime);
  expect(await vendToken(ctx, { id })).toMatchObject({ accessToken: 'at-2' });
});

test('P-20 the example of a list of which the person chooses is connected, named, chosen and vended', async () => {
  const server = await quirkyServer();
  server.on('POST /token', { json: { access_token: 'at-1', refresh_token: 'rt-1', expires_in: 3600 } });
  server.on('GET /sites', {
    json: { data: { sites: [{ id: 's-1', title: 'One' }, { id: 's-2', title: 'Two' }, { title: 'None' }] } },
  });
  const visitor = await signedIn(example('boards', server));
  const { flow, id } = await connect(visitor, 'boards', { code: 'c' });
  expect(flow).toBe('connected');
  const ctx = await visitor.context();
  const { choices } = await getConnection(ctx, { id });
  expect(choices).toMatchObject([{ name: 'site', chosen: null, entries: [{ label: 'One' }, { label: 'Two' }] }]);
  await chooseEntry(ctx, { id, list: 'site', entry: choices[0]?.entries[1]?.key ?? '' });
  await nameConnection(ctx, { id, name: 'The shop' });
  await endLife(id);
  server.on('POST /token', { json: { access_token: 'at-2', refresh_token: 'rt-1', expires_in: 3600 } });
  const { ctx: service } = await addApiKey(visitor.runtime);
  expect(await vendToken(service, { id })).toMatchObject({ accessToken: 'at-2', extras: { site_id: 's-2' } });
  expect(await getConnection(ctx, { id })).toMatchObject({ account: { label: 'The shop' } });
});

describe('P-29 the examples of docs/providers.md go from start to refresh', () => {
  test('other names', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: { access_token: 'at-ads', refresh_token: 'rt-ads', expires_in: 3600 } });
    server.on('GET /me', (request) =>
      request.headers['x-access-token'] ? { json: { id: 'ads-1' } } : { status: 401, json: {} },
    );
    const visitor = await signedIn(example('ads', server));
    const { asked, written, flow, id } = await connect(visitor, 'ads', { auth_code: 'code-1' });
    expect(flow).toBe('connected');
    expect(asked.hash).toMatch(/^#\/oauth\?/);
    expect(written.getAll('resource')).toHaveLength(2);
    expect(written.has('response_type')).toBe(false);
    await endLife(id);
    server.on('POST /token', { json: { access_token: 'at-ads-2', refresh_token: 'rt-ads', expires_in: 3600 } });
    const { ctx } = await addApiKey(visitor.runtime);
    expect(await vendToken(ctx, { id })).toMatchObject({ accessToken: 'at-ads-2' });
    const bodies = server.requestsTo('POST /token').map(({ body }) => JSON.parse(body));
    expect(bodies).toMatchObject([
      { app_id: 'hub', secret: 'not-a-real-secret', auth_code: 'code-1' },
      { app_id: 'hub', refresh_token: 'rt-ads' },
    ]);
    expect(bodies[0]).not.toHaveProperty('grant_type');
    expect(server.requestsTo('POST /token').map(({ headers }) => headers['api-version'])).toEqual(['3', '3']);
  });

  describe('a server in several regions', () => {
    const europe = { code: 'c', 'accounts-server': 'https://accounts.eu.suite.example' };
    async function suite() {
      const server = await quirkyServer();
      const tokens = { access_token: 'at-eu', refresh_token: 'rt-eu', expires_in: 3600 };
      server.on('POST /eu/token', { json: { ...tokens, api_domain: 'https://api.eu.suite.example' } });
      server.on('GET /eu/me', { json: { id: 'eu-1' } });
      return { server, visitor: await signedIn(example('suite', server)) };
    }

    test('code, identity, refresh and reconnect go to the region that the redirect named', async () => {
      const { server, visitor } = await suite();
      const { asked, flow, id } = await connect(visitor, 'suite', europe);
      expect(asked.pathname).toBe('/us/authorize');
      expect(flow).toBe('connected');
      expect(await rowOf(visitor.runtime, id)).toMatchObject({
        issuer: `${server.url}/eu`,
        accountParams: { region: 'eu' },
        extras: { api_domain: 'https://api.eu.suite.example' },
      });
      await endLife(id);
      const { ctx } = await addApiKey(visitor.runtime);
      await vendToken(ctx, { id });
      const again = await connect(visitor, 'suite', europe, { intent: 'reconnect', connection_id: id });
      expect(again).toMatchObject({ flow: 'reconnected', id });
      expect(again.asked.pathname).toBe('/eu/authorize');
      expect(server.seen.filter(({ path }) => !path.startsWith('/eu/'))).toEqual([]);
      expect(server.requestsTo('POST /eu/token')).toHaveLength(3);
    });

    test.each([
      ['another server', 'https://accounts.evil.example'],
      ['a member that every object has', '__proto__'],
      ['nothing', ''],
    ])('%s is refused, and nothing is sent there', async (_, word) => {
      const { server, visitor } = await suite();
      const { flow } = await connect(visitor, 'suite', { ...europe, 'accounts-server': word });
      expect(flow).toBe('provider_configuration');
      expect(server.seen).toEqual([]);
    });

    test('a region that the record no longer lists is not asked for a refresh', async () => {
      const { server, visitor } = await suite();
      const { id } = await connect(visitor, 'suite', europe);
      await endLife(id);
      const seen = server.seen.length;
      const record = example('suite', server);
      const [part] = record.redirect_parts as Record<string, unknown>[];
      const redirect_parts = [{ ...part, values: { 'https://accounts.us.suite.example': 'us' } }];
      const later = createRuntime(database.current, [{ ...record, redirect_parts }]);
      const { ctx } = await addApiKey(later);
      await expect(vendToken(ctx, { id })).rejects.toMatchObject({ name: 'AppError' });
      expect(server.seen).toHaveLength(seen);
    });
  });

  test('P-26 which account is meant', async () => {
    const server = await quirkyServer();
    const account = (n: number) => {
      server.on('POST /token', { json: { access_token: `at-${n}`, refresh_token: `rt-${n}`, expires_in: 3600 } });
      server.on('GET /me', { json: { id: `m-${n}`, login: `ada-${n}` } });
    };
    const visitor = await signedIn(example('mail', server));
    const said = ({ written }: { written: URLSearchParams }) => [written.get('prompt'), written.get('login')];
    account(1);
    const first = await connect(visitor, 'mail', { code: 'c' });
    expect(said(first)).toEqual(['consent', null]);
    account(2);
    const second = await connect(visitor, 'mail', { code: 'c' });
    expect(said(second)).toEqual(['consent select_account', null]);
    expect([second.flow, second.id === first.id]).toEqual(['connected', false]);
    account(1);
    const again = await connect(visitor, 'mail', { code: 'c' }, { intent: 'reconnect', connection_id: first.id });
    expect(again).toMatchObject({ flow: 'reconnected', id: first.id });
    expect(said(again)).toEqual(['consent', 'ada-1']);
    // Accounts that are over, and those of other people, are none to choose another one beside.
    const stranger = await signedIn(example('mail', server));
    expect(said(await connect(stranger, 'mail', { code: 'c' }))).toEqual(['consent', null]);
    await database.db.update(connections).set({ status: 'revoked', accessToken: null, refreshToken: null });
    expect(said(await connect(visitor, 'mail', { code: 'c' }))).toEqual(['consent', null]);
  });

  test('tokens that renew themselves', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: { access_token: 'short-1' } });
    server.on('GET /access_token', { json: { access_token: 'long-1', expires_in: 5_184_000 } });
    server.on('GET /refresh_access_token', { json: { access_token: 'long-2', expires_in: 5_184_000 } });
    server.on('GET /me', { json: { id: 'photos-1' } });
    const visitor = await signedIn(example('photos', server));
    const { flow, id } = await connect(visitor, 'photos', { code: 'c' });
    expect(flow).toBe('connected');
    const { ctx } = await addApiKey(visitor.runtime);
    expect(await vendToken(ctx, { id })).toMatchObject({ accessToken: 'long-1' });
    await endLife(id);
    expect(await vendToken(ctx, { id })).toMatchObject({ accessToken: 'long-2' });
    await endLife(id);
    server.on('GET /refresh_access_token', { status: 400, json: { error: { code: 190 } } });
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ name: 'AppError' });
    await revokeConnection(await visitor.context(), { id });
    await settle(visitor.runtime);
    expect(await rowOf(visitor.runtime, id)).toMatchObject({
      status: 'revoked',
      accessToken: null,
      refreshToken: null,
    });
  });
});
