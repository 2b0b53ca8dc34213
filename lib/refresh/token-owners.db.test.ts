import type { ServerResponse } from 'node:http';
import { and, eq, like, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { openTokens, placesOfRevocation, sealTokens } from '#lib/connections/tokens-at-rest';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { putBackRecent } from '#lib/refresh/recent-answers';
import { refreshConnection } from '#lib/refresh/refresh';
import { revokeConnection } from '#lib/revocation/revoke';
import { workRevocations } from '#lib/revocation/work-revocations';
import { entries, rowOf, settle } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

const at = (id: string) => and(eq(connections.personId, hub.personId), eq(connections.id, id));
const system = () => systemContext(hub.runtime, 'test');

/** What of the person's refused answers the revocations have, in the clear. */
async function inRevocations() {
  const rows = await hub.database.db
    .select()
    .from(revocations)
    .where(and(eq(revocations.personId, hub.personId), like(revocations.connectionId, 'rfg_%')));
  return rows.map(({ state, lastErrorCode, refused, ...row }) => {
    const places = placesOfRevocation({ ...row, refused }, undefined);
    const open = (value: string | null, place: typeof places.accessToken) =>
      value === null ? null : hub.runtime.vault.open(value, place);
    return {
      ...{ state, why: lastErrorCode, code: refused?.code, intent: refused?.intent },
      accessToken: open(row.accessToken, places.accessToken),
      refreshToken: open(row.refreshToken, places.refreshToken),
    };
  });
}

const refresh = (id: string, ctx: Context = hub.ctx) =>
  refreshConnection(ctx, { id, force: true }).then(
    () => 'refreshed',
    (error: unknown) => (error as { code: string }).code,
  );

/** Held for an administrator, since to revoke it could end the connection that lives. */
const held = { state: 'failed', why: 'other_connections', intent: 'refresh' };

interface Refused {
  what: string;
  status: number;
  body: Record<string, unknown>;
  record?: Record<string, unknown>;
  code: string;
  caller: string;
  kept: { accessToken: string | null; refreshToken: string | null };
}

const tokens = { access_token: 'at_new', refresh_token: 'rt_new', expires_in: 3600 };
const both = { accessToken: 'at_new', refreshToken: 'rt_new' };
const invalid = { code: 'token_answer_invalid', caller: 'provider_unavailable', kept: both };

const refused: Refused[] = [
  { what: 'a type of token that cannot be shown', status: 200, body: { ...tokens, token_type: 'mac' }, ...invalid },
  {
    what: 'an access token that is no text',
    status: 200,
    body: { ...tokens, access_token: 7 },
    ...invalid,
    kept: { ...both, accessToken: null },
  },
  {
    what: 'no access token',
    status: 200,
    body: { refresh_token: 'rt_new' },
    ...invalid,
    kept: { ...both, accessToken: null },
  },
  {
    what: 'an error beside them, where errors come in a 200',
    status: 200,
    body: { ...tokens, error: 'server_error' },
    record: { error_in_200: true },
    code: 'provider_unavailable',
    caller: 'provider_unavailable',
    kept: both,
  },
  {
    what: 'a status that refuses',
    status: 400,
    body: { ...tokens, error: 'invalid_client' },
    code: 'invalid_client',
    caller: 'provider_configuration',
    kept: both,
  },
  { what: 'a status that refuses without an error', status: 403, body: tokens, ...invalid },
  {
    what: 'the end of the grant',
    status: 400,
    body: { ...tokens, error: 'invalid_grant' },
    code: 'invalid_grant',
    caller: 'grant_in_doubt',
    kept: both,
  },
  {
    what: 'the end of the grant, and an access token alone',
    status: 400,
    body: { access_token: 'at_new', error: 'invalid_grant' },
    code: 'invalid_grant',
    caller: 'grant_in_doubt',
    kept: { ...both, refreshToken: null },
  },
  { what: 'a failure', status: 503, body: tokens, ...invalid, code: 'provider_unavailable' },
  { what: 'a limit', status: 429, body: tokens, ...invalid, code: 'rate_limited' },
];

describe('A-10 a refresh answer that is refused or not understood', () => {
  test.each(refused)('with $what: its tokens are owned', async ({ status, body, record, code, caller, kept }) => {
    const ctx = hub.otherProcess(record);
    const id = await hub.expired();
    const shown = await hub.refreshTokenOf(id);
    hub.server.behaviour.instead = json(status, body);
    expect(await refresh(id, ctx)).toBe(caller);
    expect(await inRevocations()).toEqual([{ ...held, code, ...kept }]);
    // The connection goes on with what it has.
    expect(await hub.refreshTokenOf(id)).toBe(shown);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', generation: 1, leaseOwner: null });
    const told = (await entries(hub.runtime)).filter(({ action }) => action === 'refused.kept');
    expect(told.at(-1)).toMatchObject({ code, details: { intent: 'refresh', held: true } });
    expect(JSON.stringify([ctx.logged, told])).not.toMatch(/[ar]t_new/);
  });

  test.each([
    ['the token that was shown', async (id: string) => ({ refresh_token: await hub.refreshTokenOf(id) })],
    ['no refresh token', async () => ({})],
  ])('with %s: the access token ends with the grant that the row holds', async (_, beside) => {
    const id = await hub.expired();
    const answer = { access_token: 'at_new', token_type: 'mac', ...(await beside(id)) };
    hub.server.behaviour.instead = json(200, answer);
    expect(await refresh(id)).toBe('provider_unavailable');
    expect(await inRevocations()).toEqual([]);
    expect(await rowOf(hub.runtime, id)).toMatchObject({
      status: 'connected',
      lastRefreshError: 'token_answer_invalid',
    });
  });

  test('with no refresh token, where revoking ends one access token alone: it has an owner of its own', async () => {
    const ctx = hub.otherProcess({ revoke: { token_kind: 'access_token', blast_radius: 'token' } });
    const id = await hub.expired();
    hub.server.behaviour.instead = json(200, { access_token: 'at_new', token_type: 'mac' });
    expect(await refresh(id, ctx)).toBe('provider_unavailable');
    expect(await inRevocations()).toEqual([
      { ...held, code: 'token_answer_invalid', accessToken: 'at_new', refreshToken: null },
    ]);
  });

  test('with a refresh token that no header could hold: the row takes the access token and keeps its own', async () => {
    const id = await hub.expired();
    const shown = await hub.refreshTokenOf(id);
    hub.server.behaviour.instead = json(200, { ...tokens, token_type: 'bearer', refresh_token: 'rt\nx' });
    expect(await refresh(id)).toBe('refreshed');
    expect(await hub.refreshTokenOf(id)).toBe(shown);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', generation: 2 });
    expect(await inRevocations()).toEqual([]);
  });

  test('of a connection that was revoked meanwhile: they are revoked', async () => {
    const id = await hub.expired();
    hub.server.behaviour.instead = (response) => {
      void revokeConnection(system(), { id }).then(() => json(200, { ...tokens, token_type: 'mac' })(response));
    };
    await refresh(id);
    await settle(hub.runtime);
    expect(hub.server.revoked).toContain('rt_new');
    expect(await inRevocations()).toMatchObject([{ state: 'revoked_upstream', refreshToken: null }]);
  });

  test('while the database takes none, they are held and stored once', async () => {
    const id = await hub.expired();
    const { db } = hub.database;
    await db.execute(sql`create function refuse_rows() returns trigger language plpgsql as
      $$ begin raise exception 'no space left' using errcode = '53100'; end $$`);
    await db.execute(sql`create trigger refuse_rows before insert on revocations
      for each row execute function refuse_rows()`);
    hub.server.behaviour.instead = json(200, { ...tokens, token_type: 'mac' });
    const refreshed = refresh(id);
    try {
      await expect.poll(() => hub.runtime.logged.map(({ event }) => event)).toContain('refresh_store_retried');
    } finally {
      await db.execute(sql`drop function refuse_rows cascade`);
    }
    await refreshed;
    await settle(hub.runtime);
    expect(await inRevocations()).toEqual([{ ...held, code: 'token_answer_invalid', ...both }]);
  });
});

/** Lets another write newer tokens into the row while the provider answers. */
const newerRow = async (id: string, values: Record<string, unknown> = {}) => {
  const row = { ...(await rowOf(hub.runtime, id)), generation: 7 };
  const newer = { access_token: 'at_newer', refresh_token: 'rt_newer', refresh_token_expires_in: null };
  const sealed = await sealTokens(hub.runtime, row, newer, 3600);
  await hub.database.db
    .update(connections)
    .set({ ...sealed, generation: 7, leaseOwner: null, leaseExpiresAt: null, ...values })
    .where(at(id));
};

describe('A-10 an answer that its row does not take', () => {
  test.each<[string, (id: string) => Promise<unknown>]>([
    ['a newer token was stored', (id) => newerRow(id)],
    [
      'the person connected again, and no revocation has the old grant',
      (id) => newerRow(id, { connectedAt: sql`now()` }),
    ],
    ['the row holds what nobody can open', (id) => newerRow(id, { refreshToken: 'sealed elsewhere' })],
  ])('since %s: it is held', async (_, meanwhile) => {
    const id = await hub.expired();
    const before = hub.server.grants();
    hub.during(() => meanwhile(id));
    await refresh(id);
    const [brought, ...more] = hub.server.grants().filter((token) => !before.includes(token));
    expect(more).toEqual([]);
    const [row] = await inRevocations();
    expect(row).toEqual({ ...held, code: 'superseded', accessToken: expect.any(String), refreshToken: brought });
    expect(hub.server.isLive(row?.accessToken ?? '')).toBe(true);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 7, status: 'connected' });
  });

  test('since the row is gone: it is revoked', async () => {
    const id = await hub.expired();
    hub.during(() => hub.database.db.delete(connections).where(at(id)));
    await refresh(id);
    await settle(hub.runtime);
    await workRevocations(system());
    expect(hub.server.grants()).toEqual([]);
    expect(await inRevocations()).toMatchObject([{ code: 'superseded', state: 'revoked_upstream' }]);
  });

  test('since the database refuses it for good: it is held', async () => {
    const id = await hub.expired();
    const shown = await hub.refreshTokenOf(id);
    const { db } = hub.database;
    await db.execute(sql`alter table ledger add constraint no_entry check (action <> 'token.refreshed') not valid`);
    try {
      await expect(refreshConnection(hub.ctx, { id })).rejects.toThrow();
    } finally {
      await db.execute(sql`alter table ledger drop constraint no_entry`);
    }
    const [row] = await inRevocations();
    expect(row).toMatchObject({ ...held, code: 'internal' });
    expect(hub.server.accepts(row?.refreshToken ?? '')).toBe(true);
    expect(row?.refreshToken).not.toBe(shown);
  });
});

describe('A-10 an answer that a promoted standby lacks', () => {
  /** A connection that was refreshed, and its row as the standby has it. */
  async function refreshed() {
    const id = await hub.expired();
    const before = await rowOf(hub.runtime, id);
    expect(await refresh(id)).toBe('refreshed');
    const after = await rowOf(hub.runtime, id);
    return { id, before, newest: openTokens(hub.runtime, after) };
  }
  const toStandby = ({ before }: { before: typeof connections.$inferSelect }) =>
    hub.database.db.update(connections).set(before).where(at(before.id));

  test('is put back where the row is older', async () => {
    const one = await refreshed();
    await toStandby(one);
    expect(await putBackRecent(system())).toBe(1);
    expect(await hub.refreshTokenOf(one.id)).toBe(one.newest.refreshToken);
    expect(await inRevocations()).toEqual([]);
  });

  test('is what gets revoked where the older row was revoked since', async () => {
    const one = await refreshed();
    await toStandby(one);
    await revokeConnection(system(), { id: one.id });
    await settle(hub.runtime);
    expect(hub.server.accepts(one.newest.refreshToken ?? '')).toBe(true);
    await putBackRecent(system());
    await hub.database.db.update(revocations).set({ nextAttemptAt: sql`now()` });
    await workRevocations(system());
    expect(hub.server.accepts(one.newest.refreshToken ?? '')).toBe(false);
    // And once only.
    await putBackRecent(system());
    expect(await inRevocations()).toHaveLength(1);
  });

  test('is revoked where the connection is not there at all', async () => {
    const one = await refreshed();
    await hub.database.db.delete(connections).where(at(one.id));
    await putBackRecent(system());
    await workRevocations(system());
    expect(hub.server.accepts(one.newest.refreshToken ?? '')).toBe(false);
    expect(await inRevocations()).toMatchObject([{ code: 'history_lost', state: 'revoked_upstream' }]);
  });

  test.each<[string, (id: string) => Promise<unknown>]>([
    ['as it was stored', async () => undefined],
    ['refreshed again elsewhere', (id) => newerRow(id)],
    ['revoked', (id) => revokeConnection(system(), { id })],
    ['connected again', (id) => newerRow(id, { connectedAt: sql`now()` })],
  ])('and is left alone where nothing is missing: the row is %s', async (_, since) => {
    const { id } = await refreshed();
    await since(id);
    await settle(hub.runtime);
    expect(await putBackRecent(system())).toBe(0);
    expect(await inRevocations()).toEqual([]);
  });
});

describe('A-10 a revocation that needs a fresh access token first', () => {
  test('keeps the refresh token of an answer that it does not understand, and goes on with that', async () => {
    const revocation_endpoint = `${hub.server.issuer}/grants`;
    const ctx = hub.otherProcess({ revocation_endpoint, revoke: { style: 'delete_json', blast_radius: 'grant' } });
    const asSystem = { ...ctx, actor: system().actor };
    const id = await hub.expired();
    // The access token that is shown is dead; a fresh one is asked for.
    const answer = (body: Record<string, unknown>) => (response: ServerResponse) =>
      response.req.method === 'DELETE' ? json(404, {})(response) : json(200, body)(response);
    hub.server.behaviour.instead = answer({ refresh_token: 'rt_new' });
    await revokeConnection(asSystem, { id });
    await settle(ctx);
    expect(openTokens(hub.runtime, await rowOf(hub.runtime, id))).toEqual({
      accessToken: `at_${id}`,
      refreshToken: 'rt_new',
    });
    hub.server.behaviour.instead = answer({ ...tokens, refresh_token: 'rt_newer', token_type: 'mac' });
    await hub.database.db.update(revocations).set({ nextAttemptAt: sql`now()` });
    await workRevocations(asSystem);
    const row = await rowOf(hub.runtime, id);
    expect(row.status).toBe('revoked');
    expect(openTokens(hub.runtime, row)).toEqual({ accessToken: 'at_new', refreshToken: 'rt_newer' });
  });
});
