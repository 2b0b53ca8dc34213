import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { lookUpMissing, pausesMinutes } from '#lib/authorization/look-again';
import { chooseEntry } from '#lib/connections/choose';
import { getConnection } from '#lib/connections/get';
import { nameConnection } from '#lib/connections/name';
import { systemContext } from '#lib/context';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { connections } from '#lib/db/schema/connections';
import { protectionOf } from '#lib/provider-calls/protections';
import { revokeConnection } from '#lib/revocation/revoke';
import { beginSession } from '#lib/sign-in/sessions';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, entries, freeze, plainRecord, rowOf } from '#tests/hub';
import { idTokenSigner } from '#tests/servers/id-tokens';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();

async function signedIn(record: Record<string, unknown>): Promise<Visitor> {
  const runtime = createRuntime(database.current, [record]);
  const { id, ctx } = await addPerson(runtime);
  const session = await beginSession(database.db, ctx(), { id, role: 'user' });
  const visitor = new Visitor(runtime);
  await writeSessionId(runtime.config, visitor.jar, session.id, session.seconds);
  return visitor;
}

async function connect(
  visitor: Visitor,
  fields: Record<string, string> = {},
  consent: (asked: URLSearchParams) => unknown = () => {},
) {
  const started = await visitor.start({ intent: 'connect', provider: 'acme', ...fields });
  const asked = new URL(started.headers.get('location') ?? '').searchParams;
  await consent(asked);
  const query = new URLSearchParams({ code: 'code-1', state: asked.get('state') ?? '' });
  const answer = await visitor.callback(`http://localhost:3000/oauth/callback/acme?${query}`);
  const { pathname, searchParams } = new URL(answer.headers.get('location') ?? '', 'http://localhost:3000');
  return { pathname, flow: searchParams.get('flow'), id: searchParams.get('connection') ?? '' };
}

const sites = [
  { id: 's-1', url: 'https://one.acme.example', name: 'One' },
  { id: 's-2', url: 'https://two.acme.example', name: 'Two' },
  { id: 's-3', url: 'https://three.evil.example', name: 'Evil' },
  { id: 's-4', name: 'Without address' },
];

async function sited(list: unknown = sites) {
  const server = await quirkyServer();
  server.on('POST /token', { json: { access_token: 'at-1', expires_in: 3600, refresh_token: 'rt-1' } });
  server.on('GET /userinfo', { json: { sub: 'subject-1', name: 'Ada' } });
  server.on('GET /sites', { json: list });
  const lookup = {
    endpoint: `${server.url}/sites`,
    choose: true,
    name: 'site',
    fields: { site_id: 'id', site_url: 'url' },
  };
  const record = { ...plainRecord(server.url), lookups: [lookup], url_field_hosts: { url: ['.acme.example'] } };
  return { server, record, visitor: await signedIn(record) };
}

describe('P-20 a list of which the person chooses', () => {
  test('is offered after connecting, only the provider’s own addresses, and nothing is chosen', async () => {
    const { visitor } = await sited();
    const { pathname, flow, id } = await connect(visitor);
    expect([pathname, flow]).toEqual([`/connections/${id}`, 'connected']);
    const view = await getConnection(await visitor.context(), { id });
    expect(view).toMatchObject({ status: 'connected', extras: {}, missing: [] });
    expect(view.choices).toMatchObject([{ name: 'site', chosen: null, entries: [{ label: 'One' }, { label: 'Two' }] }]);
  });

  test.each([`${'a'.repeat(254)}\u{1f600}`, 'a\ud800'])(
    'is offered where a name is cut within a character',
    async (name) => {
      const { visitor } = await sited([{ ...sites[0], name }, sites[1]]);
      const { flow, id } = await connect(visitor);
      expect(flow).toBe('connected');
      const { choices } = await getConnection(await visitor.context(), { id });
      expect(choices[0]?.entries[0]?.label.isWellFormed()).toBe(true);
    },
  );

  test('is chosen, changed, kept by a reconnect, and asked for again once it is offered no more', async () => {
    const { server, visitor } = await sited();
    const { id } = await connect(visitor);
    const ctx = await visitor.context();
    const [choice] = (await getConnection(ctx, { id })).choices;
    const [one, two] = choice?.entries ?? [];
    await chooseEntry(ctx, { id, list: 'site', entry: one?.key ?? '' });
    expect((await getConnection(ctx, { id })).extras).toEqual({ site_id: 's-1', site_url: 'https://one.acme.example' });
    await chooseEntry(ctx, { id, list: 'site', entry: two?.key ?? '' });
    expect(await getConnection(ctx, { id })).toMatchObject({
      extras: { site_id: 's-2' },
      choices: [{ chosen: { label: 'Two' } }],
    });
    expect(await connect(visitor, { intent: 'reconnect', connection_id: id })).toMatchObject({
      pathname: '/connections',
      flow: 'reconnected',
    });
    expect((await getConnection(ctx, { id })).extras).toMatchObject({ site_id: 's-2' });
    server.on('GET /sites', { json: [sites[0], { ...sites[1], id: 's-9' }] });
    expect(await connect(visitor, { intent: 'reconnect', connection_id: id })).toMatchObject({
      pathname: `/connections/${id}`,
    });
    expect(await getConnection(ctx, { id })).toMatchObject({ extras: {}, choices: [{ chosen: null }] });
    const actions = (await entries(visitor.runtime, id)).map(({ action }) => action);
    expect(actions.filter((action) => action === 'connection.chosen')).toHaveLength(2);
  });

  test.each<[string, unknown, Record<string, unknown>]>([
    ['one entry needs no choice', [sites[0]], { extras: { site_id: 's-1' }, choices: [], missing: [] }],
    ['the same entry twice is one', [sites[0], sites[0]], { extras: { site_id: 's-1' }, choices: [] }],
    ['none is missing', [], { extras: {}, choices: [], missing: ['extras.site_id', 'extras.site_url'] }],
    ['no list is missing', { sites }, { extras: {}, missing: ['extras.site_id', 'extras.site_url'] }],
    ['oddities are passed over', [null, 7, 'x', [], { id: {} }, sites[1]], { extras: { site_id: 's-2' } }],
  ])('%s', async (_, list, expected) => {
    const { visitor } = await sited(list);
    const { flow, id } = await connect(visitor);
    expect(flow).toBe('connected');
    expect(await getConnection(await visitor.context(), { id })).toMatchObject(expected);
  });

  test('takes nothing that is not offered, nor from anybody else, nor for what is frozen or over', async () => {
    const { visitor, record } = await sited();
    const { id } = await connect(visitor);
    const ctx = await visitor.context();
    const entry = (await getConnection(ctx, { id })).choices[0]?.entries[0]?.key ?? '';
    for (const other of ['', 's-1', 'x'.repeat(43), `${entry}x`])
      await expect(chooseEntry(ctx, { id, list: 'site', entry: other })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    await expect(chooseEntry(ctx, { id, list: 'tenant', entry })).rejects.toMatchObject({ code: 'invalid_request' });
    const stranger = await signedIn(record);
    await expect(chooseEntry(await stranger.context(), { id, list: 'site', entry })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(
      chooseEntry(systemContext(visitor.runtime, 'test'), { id, list: 'site', entry }),
    ).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await freeze(visitor.runtime, 'connection', id);
    await expect(chooseEntry(ctx, { id, list: 'site', entry })).rejects.toMatchObject({ code: 'frozen' });
    expect((await rowOf(visitor.runtime, id)).extras).toEqual({});
    await revokeConnection(ctx, { id });
    await expect(chooseEntry(ctx, { id, list: 'site', entry })).rejects.toMatchObject({ code: 'revoked' });
  });
});

describe('P-22 an account that nothing names', () => {
  async function nameless(fields: Record<string, unknown> = {}) {
    const server = await quirkyServer();
    server.on('POST /token', { json: { access_token: 'at-1' } });
    const { userinfo_endpoint: _none, ...plain } = plainRecord(server.url);
    const visitor = await signedIn({ ...plain, identity: { source: 'none' }, ...fields });
    return { server, visitor };
  }

  test('is stored first, named then, and a reconnect keeps its id and name', async () => {
    const { server, visitor } = await nameless();
    const { pathname, id } = await connect(visitor);
    expect(pathname).toBe(`/connections/${id}`);
    const ctx = await visitor.context();
    const before = await getConnection(ctx, { id });
    expect(before).toMatchObject({ status: 'connected', named: false, account: { label: 'Unnamed account' } });
    expect(before.account.subject).toMatch(/^[\w-]{32}$/);
    await nameConnection(ctx, { id, name: '  The   shop ' });
    expect(await getConnection(ctx, { id })).toMatchObject({ named: true, account: { label: 'The shop' } });
    const again = await connect(visitor, { intent: 'reconnect', connection_id: id });
    expect(again).toMatchObject({ pathname: '/connections', flow: 'reconnected', id });
    expect(await getConnection(ctx, { id })).toMatchObject({ account: { ...before.account, label: 'The shop' } });
    // Another one is another account: nothing could say that it is not.
    const other = await connect(visitor);
    expect(other).toMatchObject({ flow: 'connected' });
    expect(other.id).not.toBe(id);
    expect(server.seen.filter(({ path }) => path !== '/token')).toEqual([]);
  });

  test.each(['', '   ', 'x'.repeat(81), 'a\u0000b', 'a\u202eb'])('is not named %j', async (name) => {
    const { visitor } = await nameless();
    const { id } = await connect(visitor);
    await expect(nameConnection(await visitor.context(), { id, name })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('is named by its own person alone, and not where its provider names it', async () => {
    const { visitor } = await nameless();
    const { id } = await connect(visitor);
    const { visitor: stranger } = await nameless();
    await expect(nameConnection(await stranger.context(), { id, name: 'Mine' })).rejects.toMatchObject({
      code: 'not_found',
    });
    const { visitor: known } = await sited([sites[0]]);
    const named = await connect(known);
    await expect(nameConnection(await known.context(), { id: named.id, name: 'Mine' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await revokeConnection(await visitor.context(), { id });
    await expect(nameConnection(await visitor.context(), { id, name: 'Late' })).rejects.toMatchObject({
      code: 'revoked',
    });
  });
});

describe('P-19 what was not found is looked for again', () => {
  const due = (id: string) =>
    database.db
      .update(connections)
      .set({ nextLookupAt: sql`now() - interval '1 second'` })
      .where(sql`${connections.id} = ${id}`);
  const work = (visitor: Visitor) => lookUpMissing(systemContext(visitor.runtime, 'jobs'));

  async function lacking(answer: Parameters<QuirkyServer['on']>[1]) {
    const server = await quirkyServer();
    server.on('POST /token', { json: { access_token: 'at-1', expires_in: 3600 } });
    server.on('GET /userinfo', { json: { sub: 'subject-1' } });
    server.on('GET /company', answer);
    const lookups = [{ endpoint: `${server.url}/company`, fields: { company: 'id' } }];
    const visitor = await signedIn({ ...plainRecord(server.url), lookups });
    return { server, visitor, ...(await connect(visitor)) };
  }

  test('and found: the connection has it, and nothing is asked any more', async () => {
    const { server, visitor, flow, id } = await lacking({ status: 503, text: 'down' });
    expect(flow).toBe('connected');
    expect(await getConnection(await visitor.context(), { id })).toMatchObject({
      status: 'connected',
      missing: ['extras.company'],
      looksAgainAt: expect.any(Date),
    });
    server.on('GET /company', { json: { id: 'c-1' } });
    await work(visitor);
    expect(server.requestsTo('GET /company')).toHaveLength(1);
    await due(id);
    await work(visitor);
    expect(await getConnection(await visitor.context(), { id })).toMatchObject({
      extras: { company: 'c-1' },
      missing: [],
      looksAgainAt: null,
    });
    await work(visitor);
    expect(server.requestsTo('GET /company')).toHaveLength(2);
    expect((await entries(visitor.runtime, id)).map(({ action }) => action)).toContain('connection.looked_up');
  });

  test.each(['userinfo', 'id_token'])('a label too (%s), but none of somebody else', async (source) => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    server.on('GET /userinfo', { status: 503, text: 'down' });
    const visitor = await signedIn({
      ...plainRecord(server.url),
      ...{ client_id: 'client-1', jwks_uri: `${server.url}/jwks`, scopes: ['openid', 'profile'] },
      identity: { source, label: ['name'] },
    });
    const { flow, id } = await connect(visitor, {}, async (asked) => {
      const id_token = await signer.sign({ nonce: asked.get('nonce'), email: undefined });
      server.on('POST /token', { json: { access_token: 'at-1', expires_in: 3600, id_token } });
    });
    expect(flow).toBe('connected');
    const view = async () => getConnection(await visitor.context(), { id });
    expect(await view()).toMatchObject({ missing: ['account.label'], looksAgainAt: expect.any(Date) });
    const { label } = (await view()).account;
    server.on('GET /userinfo', { json: { sub: 'subject-2', name: 'Grace' } });
    await due(id);
    await work(visitor);
    expect(await view()).toMatchObject({ account: { label }, missing: ['account.label'] });
    server.on('GET /userinfo', { json: { sub: 'subject-1', name: 'Ada' } });
    await due(id);
    await work(visitor);
    expect(await view()).toMatchObject({ account: { label: 'Ada' }, missing: [], looksAgainAt: null });
    expect(server.requestsTo('GET /userinfo').map(({ headers }) => headers.authorization)).toEqual(
      Array.from({ length: 3 }, () => 'Bearer at-1'),
    );
    expect(server.requestsTo('POST /token')).toHaveLength(1);
    const actions = (await entries(visitor.runtime, id)).map(({ action }) => action);
    expect(actions.filter((action) => action === 'connection.looked_up')).toHaveLength(1);
  });

  test('a look-up that fails does not close the circuit of its host', async () => {
    const { server, visitor, id } = await lacking({ status: 503, text: 'down' });
    const { circuit } = protectionOf(visitor.runtime, { provider: 'acme', host: new URL(server.url).host });
    // Its pause is over, so this look-up is the one call that tries.
    circuit.failed(0, 5, Date.now() - 60_000);
    await due(id);
    await work(visitor);
    expect(server.requestsTo('GET /company')).toHaveLength(2);
    expect([circuit.isClosed, circuit.isProbing]).toEqual([false, false]);
  });

  test('so often and no more', async () => {
    const { server, visitor, id } = await lacking({ status: 404, json: {} });
    for (let run = 0; run < pausesMinutes.length; run += 1) {
      expect((await rowOf(visitor.runtime, id)).nextLookupAt).not.toBeNull();
      await due(id);
      await work(visitor);
    }
    expect(server.requestsTo('GET /company')).toHaveLength(1 + pausesMinutes.length);
    expect(await rowOf(visitor.runtime, id)).toMatchObject({ nextLookupAt: null, missing: ['extras.company'] });
  });

  test('by one process at a time, with a live token, and never of what is frozen or over', async () => {
    const { server, visitor, id } = await lacking({ status: 404, json: {} });
    await due(id);
    await Promise.all([work(visitor), work(visitor)]);
    expect(server.requestsTo('GET /company')).toHaveLength(2);
    await database.db
      .update(connections)
      .set({ accessTokenExpiresAt: sql`now() - interval '1 minute'` })
      .where(sql`${connections.id} = ${id}`);
    await due(id);
    await work(visitor);
    await freeze(visitor.runtime, 'connection', id);
    await due(id);
    await work(visitor);
    await revokeConnection(await visitor.context(), { id });
    await due(id);
    expect(await work(visitor)).toBe(0);
    expect(server.requestsTo('GET /company')).toHaveLength(2);
  });
});
