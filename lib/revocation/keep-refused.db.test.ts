import { and, eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { completeFlow } from '#lib/authorization/complete';
import type { FlowBinding } from '#lib/authorization/flow';
import { letGoOfRevocation } from '#lib/bulk-revocation/let-go';
import { listHeldRevocations } from '#lib/bulk-revocation/list-held';
import { retryHeldRevocation } from '#lib/bulk-revocation/retry-held';
import { accessTokenPlace, placesOfRevocation, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { findFlow } from '#lib/cookies/flow-cookies';
import type { Database } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { people } from '#lib/db/schema/people';
import { type RefusedIntent, revocations } from '#lib/db/schema/revocations';
import type { RevokeRule } from '#lib/oauth/types';
import { keepRefused } from '#lib/revocation/keep-refused';
import { planRefused } from '#lib/revocation/plan-refused';
import { decideRefused } from '#lib/revocation/refused-fate';
import { workRevocations } from '#lib/revocation/work-revocations';
import { demoHub } from '#tests/demo-hub';
import { addFreshAdministrator, addPerson, rowOf, settle } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'google', 'github', 'okta', 'auth0']);
type Provider = 'google' | 'github' | 'okta' | 'auth0';

/** The refused grants of a person, the oldest first. */
const refusedOf = (personId: string) =>
  hub.database.db
    .select()
    .from(revocations)
    .where(and(eq(revocations.personId, personId), eq(revocations.replacedGeneration, -1)))
    .orderBy(revocations.createdAt);

async function me(provider: Provider, token: string): Promise<number> {
  const answer = await fetch(`${hub.demo.resourceUrl}/${provider}/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await answer.body?.cancel();
  return answer.status;
}

/** Listens to the token endpoints: every access token that the hub received. */
function listening() {
  const tokens: string[] = [];
  const heard: typeof fetch = async (input, init) => {
    const answer = await hub.runtime.fetch(input, init);
    const body = (await answer
      .clone()
      .json()
      .catch(() => ({}))) as { access_token?: unknown };
    if (typeof body.access_token === 'string') tokens.push(body.access_token);
    return answer;
  };
  return { tokens, runtime: { ...hub.runtime, fetch: heard } };
}

async function visitor(name: string, runtime = hub.runtime) {
  const who = new Visitor(runtime);
  const personId = await who.signIn(`${name}@example.com`);
  return Object.assign(who, { personId });
}

/** Reconnects with another account, which is refused, and answers the token that was issued for it. */
async function mismatch(provider: Provider, name: string, account = `other-${name}@example.com`) {
  const { tokens, runtime } = listening();
  const ada = await visitor(name, runtime);
  const id =
    (await ada.connect(provider, { account: `first-${name}@example.com` })).searchParams.get('connection') ?? '';
  const url = await ada.authorize(await ada.start({ intent: 'reconnect', connection_id: id }), {
    account,
    jar: new Visitor(runtime).demoJar,
  });
  const before = tokens.length;
  const answer = await ada.callback(url);
  await settle(runtime);
  expect(answer.headers.get('location')).toContain('flow=account_mismatch');
  return { ada, id, token: tokens[before] ?? '' };
}

test.each<[RefusedIntent, RevokeRule['blast_radius'], boolean, string]>([
  ['connect', 'token', false, 'revoke'],
  ['connect', 'token', true, 'revoke'],
  ['connect', 'grant', false, 'revoke'],
  ['connect', 'grant', true, 'hold'],
  ['connect', 'account', false, 'revoke'],
  ['connect', 'account', true, 'hold'],
  ['reconnect', 'token', true, 'revoke'],
  ['reconnect', 'grant', true, 'hold'],
  ['reconnect', 'account', false, 'revoke'],
  ['reconnect', 'account', true, 'hold'],
  ['sign_in', 'token', true, 'revoke'],
  ['sign_in', 'grant', false, 'drop'],
  ['sign_in', 'account', false, 'drop'],
  ['step_up', 'token', true, 'revoke'],
  ['step_up', 'grant', true, 'drop'],
  ['step_up', 'account', true, 'drop'],
  ['refresh', 'token', true, 'hold'],
  ['refresh', 'token', false, 'revoke'],
  ['refresh', 'account', true, 'hold'],
])('A-10 %s, radius %s, other live connections %s: %s', (intent, radius, others, fate) => {
  expect(decideRefused({ intent }, radius, others)).toBe(fate);
});

test.each<[RevokeRule['blast_radius'], boolean, string]>([
  ['token', true, 'revoke'],
  ['token', false, 'revoke'],
  ['grant', true, 'hold'],
  ['account', true, 'hold'],
  ['account', false, 'revoke'],
])(
  'A-10 refresh of a grant that no connection lives by, radius %s, other live connections %s: %s',
  (radius, others, fate) => {
    expect(decideRefused({ intent: 'refresh', ended: true }, radius, others)).toBe(fate);
  },
);

describe('A-10 another account came back at a reconnect', () => {
  test.each<Provider>(['google', 'github', 'okta', 'auth0'])(
    '%s: its token is revoked and proved dead, and the connection lives',
    async (provider) => {
      const { ada, id, token } = await mismatch(provider, `alone-${provider}`);
      expect(await me(provider, token)).toBe(401);
      const [row, ...more] = await refusedOf(ada.personId);
      expect(more).toEqual([]);
      expect(row).toMatchObject({
        state: 'revoked_upstream',
        proof: 'proved',
        accessToken: null,
        refreshToken: null,
        refused: { intent: 'reconnect', code: 'account_mismatch' },
      });
      expect((await rowOf(hub.runtime, id)).status).toBe('connected');
      const said = await hub.database.db.select().from(ledger).where(eq(ledger.personId, ada.personId));
      const actions = said.map(({ action }) => action);
      expect(actions).toEqual(expect.arrayContaining(['refused.kept', 'refused.finished', 'refused.proved']));
    },
  );

  test.each<[Provider, held: boolean]>([
    ['google', true],
    ['auth0', true],
    ['okta', false],
    ['github', false],
  ])('%s: with a live connection to that account of somebody else, held is %s', async (provider, held) => {
    const name = `namesake-${provider}`;
    const grace = await visitor(`grace-${provider}`);
    const account = `other-${name}@example.com`;
    const graces = (await grace.connect(provider, { account })).searchParams.get('connection') ?? '';
    const { ada, token } = await mismatch(provider, name, account);
    const row = await rowOf(hub.runtime, graces);
    const gracesToken = hub.runtime.vault.open(row.accessToken ?? '', accessTokenPlace(row));
    expect(await me(provider, gracesToken)).toBe(200);
    expect(await me(provider, token)).toBe(held ? 200 : 401);
    const [refused] = await refusedOf(ada.personId);
    expect(refused).toMatchObject(
      held ? { state: 'failed', lastErrorCode: 'other_connections' } : { state: 'revoked_upstream' },
    );
    if (!held) return;

    const admin = await addFreshAdministrator(hub.runtime);
    const ours = (await listHeldRevocations(admin)).items.find(({ person }) => person?.id === ada.personId);
    expect(ours).toMatchObject({ kind: 'refused', refused: { code: 'account_mismatch' } });
    await retryHeldRevocation(admin, { id: ours?.id ?? '', reason: 'it is to end' });
    await settle(hub.runtime);
    expect(await me(provider, token)).toBe(401);
    expect((await refusedOf(ada.personId))[0]).toMatchObject({ state: 'revoked_upstream', accessToken: null });
  });
});

describe('A-10 refused after the exchange', () => {
  test.each([
    [{ id_token: 'wrong_nonce' }, 'id_token_nonce'],
    [{ id_token: 'bad_signature' }, 'id_token_signature'],
    [{ id_token: 'wrong_audience' }, 'id_token_audience'],
  ] as const)('google with %j: the tokens are owned, not dropped', async (switches, code) => {
    const { tokens, runtime } = listening();
    const ada = await visitor(`lies-${code}`, runtime);
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'google' }));
    Object.assign(hub.demo.server('google').switches, switches);
    await ada.callback(url);
    await settle(runtime);
    const [row] = await refusedOf(ada.personId);
    expect(row?.refused).toMatchObject({ intent: 'connect', code, subject: null });
    // Other live connections at that issuer may end with it: held then, else revoked.
    if (row?.state === 'failed') {
      const { accessToken: place } = placesOfRevocation(row, undefined);
      expect(hub.runtime.vault.open(row.accessToken ?? '', place)).toBe(tokens.at(-1));
    } else expect(await me('google', tokens.at(-1) ?? '')).toBe(401);
  });

  test.each<[string, (body: Record<string, unknown>) => Record<string, unknown>]>([
    ['an odd token_type', (body) => ({ ...body, token_type: 'mac' })],
    ['an access token that is no text', ({ access_token, ...body }) => ({ ...body, access_token: 7 })],
    ['a refresh token with a line break', (body) => ({ ...body, refresh_token: 'rt\nx' })],
    ['an error beside it', (body) => ({ ...body, error: 'server_error' })],
  ])('%s in the answer: what it holds is owned', async (what, bend) => {
    let issued: Record<string, unknown> = {};
    const bending: typeof fetch = async (input, init) => {
      const answer = await hub.runtime.fetch(input, init);
      if (!String(init?.body ?? '').includes('grant_type=authorization_code')) return answer;
      issued = (await answer.json()) as Record<string, unknown>;
      return Response.json(bend(issued));
    };
    const runtime = { ...hub.runtime };
    const ada = await visitor(`odd-${what.replaceAll(' ', '-')}`, runtime);
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
    runtime.fetch = bending;
    await ada.callback(url);
    await settle(runtime);
    const [row] = await refusedOf(ada.personId);
    expect(row?.refused).toMatchObject({ intent: 'connect', subject: null });
    expect(row?.state).toMatch(/revoked_upstream|pending/);
    expect(issued.access_token).toEqual(expect.any(String));
  });

  test('a person who was disabled meanwhile: the tokens are revoked', async () => {
    const { tokens, runtime } = listening();
    const ada = await visitor('disabled-meanwhile', runtime);
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'okta' }));
    const ctx = await ada.context();
    const disabling: typeof fetch = async (input, init) => {
      const answer = await runtime.fetch(input, init);
      await hub.database.db.update(people).set({ disabledAt: new Date() }).where(eq(people.id, ada.personId));
      return answer;
    };
    const result = await completeFlow(
      { ...ctx, fetch: disabling },
      {
        url,
        find: async (state) => (await findFlow<FlowBinding>(runtime.config, ada.jar, state, 600))?.flow,
      },
    );
    await settle(runtime);
    expect(result).toMatchObject({ ok: false, error: { code: 'person_disabled' } });
    expect(await me('okta', tokens.at(-1) ?? '')).toBe(401);
    expect((await refusedOf(ada.personId))[0]).toMatchObject({ state: 'revoked_upstream', proof: 'proved' });
  });
});

describe('A-10 what may not be revoked, and what waits', () => {
  const answer = (personId: string, received: { accessToken: string; refreshToken: string | null }) => ({
    ...{ intent: 'connect' as const, code: 'internal', issuer: 'https://x.example', subject: 'ada', extras: {} },
    ...{ personId, provider: 'okta', accountParams: {}, received: { ...received, expiresIn: 60 } },
  });

  test('an answer that was stored although the hub did not learn so stays', async () => {
    const ada = await visitor('stored-unawares');
    const id = (await ada.connect('okta')).searchParams.get('connection') ?? '';
    const row = await rowOf(hub.runtime, id);
    const accessToken = hub.runtime.vault.open(row.accessToken ?? '', accessTokenPlace(row));
    const refreshToken = hub.runtime.vault.open(row.refreshToken ?? '', refreshTokenPlace(row));
    const ctx = systemContext(hub.runtime, 'test');
    await keepRefused(ctx, answer(ada.personId, { accessToken, refreshToken: null }));
    await keepRefused(ctx, answer(ada.personId, { accessToken: 'another', refreshToken }));
    await settle(hub.runtime);
    expect(await refusedOf(ada.personId)).toEqual([]);
    expect(await me('okta', accessToken)).toBe(200);
  });

  test('an answer that was stored after it had been written down as refused is not revoked', async () => {
    const ada = await visitor('stored-late');
    const id = (await ada.connect('okta')).searchParams.get('connection') ?? '';
    const row = await rowOf(hub.runtime, id);
    const accessToken = hub.runtime.vault.open(row.accessToken ?? '', accessTokenPlace(row));
    const { db } = hub.database;
    // Its transaction is committed only after the refusal was written down.
    const live = (status: 'connected' | 'revoked') =>
      db.update(connections).set({ status }).where(eq(connections.id, id));
    await live('revoked');
    const ctx = systemContext(hub.runtime, 'test');
    const { issuer, accountParams } = row;
    const refused = { ...answer(ada.personId, { accessToken, refreshToken: null }), issuer, accountParams };
    await db.transaction((tx) => planRefused(tx, ctx, refused));
    await live('connected');
    await workRevocations(ctx);
    expect(await me('okta', accessToken)).toBe(200);
    expect(await refusedOf(ada.personId)).toMatchObject([{ state: 'failed', lastErrorCode: 'other_connections' }]);
  });

  test('while the database takes none, the answer waits and is stored once', async () => {
    const { id: personId } = await addPerson(hub.runtime);
    let failures = 2;
    const db = new Proxy(hub.database.db, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'transaction' || typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          if (failures-- > 0) throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
          return value.apply(target, given);
        };
      },
    });
    const database: Database = { ...hub.runtime.database, db };
    const ctx = { ...systemContext(hub.runtime, 'test'), database };
    await keepRefused(ctx, answer(personId, { accessToken: 'secret-in-memory', refreshToken: null }));
    expect(await refusedOf(personId)).toEqual([]);
    await settle(hub.runtime);
    expect(await refusedOf(personId)).toHaveLength(1);
    expect(JSON.stringify(hub.runtime.logged)).not.toContain('secret-in-memory');
  });
});

describe('A-14 tokens that could not be revoked', () => {
  test('are let go by an administrator who signed in lately, once, for a reason', async () => {
    const { id: personId, ctx } = await addPerson(hub.runtime);
    await keepRefused(systemContext(hub.runtime, 'test'), {
      ...{ intent: 'connect', code: 'conflict', issuer: 'https://x.example', subject: 'ada', extras: {} },
      ...{ personId, provider: 'not-configured', accountParams: {} },
      received: { accessToken: 'at', refreshToken: 'rt', expiresIn: null },
    });
    await settle(hub.runtime);
    const admin = await addFreshAdministrator(hub.runtime);
    const held = (await listHeldRevocations(admin)).items.find(({ person }) => person?.id === personId);
    expect(held).toMatchObject({ state: 'failed', code: 'unknown_provider' });
    const input = { id: held?.id ?? '', reason: 'ended by hand' };
    await expect(letGoOfRevocation(ctx(), input)).rejects.toMatchObject({ code: 'forbidden' });
    const stale = (await addPerson(hub.runtime, { role: 'administrator' })).ctx();
    await expect(letGoOfRevocation(stale, input)).rejects.toMatchObject({ code: 'step_up_required' });
    await letGoOfRevocation(admin, input);
    expect((await refusedOf(personId))[0]).toMatchObject({ accessToken: null, refreshToken: null });
    await expect(letGoOfRevocation(admin, input)).rejects.toMatchObject({ code: 'not_found' });
    await expect(retryHeldRevocation(admin, input)).rejects.toMatchObject({ code: 'not_found' });
  });
});
