import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { connections } from '#lib/db/schema/connections';
import { beginSession } from '#lib/sign-in/sessions';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, plainRecord, rowOf } from '#tests/hub';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();

/** A server that grants everything, with a token answer as the test says. */
async function grantingServer(answer: Record<string, unknown>): Promise<QuirkyServer> {
  const server = await quirkyServer();
  server.on('POST /token', { json: { access_token: 'at_quirky', token_type: 'bearer', ...answer } });
  server.on('GET /userinfo', { json: { sub: 'subject-1' } });
  return server;
}

/** Somebody signed in at a hub that has this record; signing in itself is tested elsewhere. */
async function signedIn(record: Record<string, unknown>): Promise<Visitor> {
  const runtime = createRuntime(database.current, [record]);
  const { id, ctx } = await addPerson(runtime);
  const session = await beginSession(database.db, ctx(), { id, role: 'user' });
  const visitor = new Visitor(runtime);
  await writeSessionId(runtime.config, visitor.jar, session.id, session.seconds);
  return visitor;
}

/** Begins a flow and comes back from the provider with a code. */
async function connect(visitor: Visitor, fields: Record<string, string> = {}, back: Record<string, string> = {}) {
  const started = await visitor.start({ intent: 'connect', provider: 'acme', ...fields });
  const asked = new URL(started.headers.get('location') ?? '');
  const state = asked.searchParams.get('state') ?? '';
  const callback = `http://localhost:3000/oauth/callback/acme?${new URLSearchParams({ code: 'code-1', state, ...back })}`;
  const answer = await visitor.callback(callback);
  const { searchParams } = new URL(answer.headers.get('location') ?? '', 'http://localhost:3000');
  return { asked, flow: searchParams.get('flow'), id: searchParams.get('connection') ?? '' };
}

const secondsLeft = sql<number>`extract(epoch from ${connections.accessTokenExpiresAt} - clock_timestamp())::float8`;
async function lifeOf(id: string): Promise<number | null> {
  const [row] = await database.db.select({ secondsLeft }).from(connections).where(sql`${connections.id} = ${id}`);
  return row?.secondsLeft ?? null;
}

test.each([
  ['as_asked', ['read', 'write']],
  ['unknown', null],
])('absent_scope %s: an answer without scope means %j', async (absent_scope, granted) => {
  const server = await grantingServer({});
  const visitor = await signedIn({ ...plainRecord(server.url), absent_scope });
  const { flow, id } = await connect(visitor);
  expect(flow).toBe('connected');
  expect((await rowOf(visitor.runtime, id)).scopesGranted).toEqual(granted);
});

test('expires_default is the life of a token whose answer has none; without it nothing is known', async () => {
  const server = await grantingServer({});
  const known = await connect(await signedIn({ ...plainRecord(server.url), expires_default: 7200 }));
  expect(await lifeOf(known.id)).toBeGreaterThan(7100);
  expect(await lifeOf(known.id)).toBeLessThanOrEqual(7200);
  const unknown = await connect(await signedIn(plainRecord(server.url)));
  expect(await lifeOf(unknown.id)).toBeNull();
});

test('expiry_probe introspect asks the provider, and its failure leaves the default', async () => {
  const server = await grantingServer({});
  const record = {
    ...plainRecord(server.url),
    introspection_endpoint: `${server.url}/introspect`,
    expiry_probe: 'introspect',
    expires_default: 60,
  };
  server.on('POST /introspect', { json: { active: true, exp: Math.floor(Date.now() / 1000) + 900 } });
  const learnt = await connect(await signedIn(record));
  expect(await lifeOf(learnt.id)).toBeGreaterThan(800);
  server.on('POST /introspect', { status: 500, text: 'no' });
  const visitor = await signedIn(record);
  const { flow, id } = await connect(visitor);
  expect(flow).toBe('connected');
  expect(await lifeOf(id)).toBeLessThanOrEqual(60);
});

test('account_params are asked for, validated, part of the endpoints and of the connection', async () => {
  const server = await quirkyServer();
  server.on('POST /shop-one/token', { json: { access_token: 'at', token_type: 'bearer' } });
  server.on('GET /shop-one/userinfo', { json: { sub: 'owner' } });
  const visitor = await signedIn({
    ...plainRecord(server.url),
    authorization_endpoint: `${server.url}/{shop}/authorize`,
    token_endpoint: `${server.url}/{shop}/token`,
    userinfo_endpoint: `${server.url}/{shop}/userinfo`,
    revocation_endpoint: `${server.url}/{shop}/revoke`,
    account_params: [{ name: 'shop', label: 'Shop', pattern: '^[a-z0-9-]+$', example: 'my-shop' }],
  });
  for (const shop of ['', 'Shop One', '../evil', 'a/b', 'shop?x=']) {
    const refused = await visitor.start({ intent: 'connect', provider: 'acme', 'account_params.shop': shop });
    expect(refused.headers.get('location')).toContain('flow=account_part_invalid');
    expect(new URL(refused.headers.get('location') ?? '', server.url).searchParams.get('typed_shop')).toBe(
      shop || null,
    );
  }
  const { asked, flow, id } = await connect(visitor, { 'account_params.shop': 'shop-one' });
  expect(asked.pathname).toBe('/shop-one/authorize');
  expect(flow).toBe('connected');
  expect((await rowOf(visitor.runtime, id)).accountParams).toEqual({ shop: 'shop-one' });
});

test('without PKCE only where the record says so dangerously, and the connection remembers it', async () => {
  const server = await grantingServer({});
  const visitor = await signedIn({ ...plainRecord(server.url), dangerously_without_pkce: true });
  const { asked, id } = await connect(visitor);
  expect(asked.searchParams.has('code_challenge')).toBe(false);
  expect(asked.searchParams.get('state')).toMatch(/^[\w-]{43,}$/);
  expect(server.requestsTo('POST /token')[0]?.form.has('code_verifier')).toBe(false);
  expect((await rowOf(visitor.runtime, id)).authorization.pkce).toBe('none');
});

test('redirect_fields and response_fields become extras of the connection', async () => {
  const server = await grantingServer({ tenant: 'tenant-7', secret_note: 'not kept' });
  const record = { ...plainRecord(server.url), redirect_fields: ['realm'], response_fields: ['tenant'] };
  const visitor = await signedIn(record);
  const { id } = await connect(visitor, {}, { realm: 'realm-9', other: 'not kept' });
  expect((await rowOf(visitor.runtime, id)).extras).toEqual({ realm: 'realm-9', tenant: 'tenant-7' });
});

test('a provider with connect false has no card and begins no connection', async () => {
  const server = await grantingServer({});
  const own = { connect: false, sign_in: true, code_challenge_methods_supported: ['S256'] };
  const visitor = await signedIn({ ...plainRecord(server.url), ...own });
  const refused = await visitor.start({ intent: 'connect', provider: 'acme' });
  expect(refused.headers.get('location')).toContain('flow=unknown_provider');
  expect(visitor.runtime.providers.connectable()).toEqual([]);
});
