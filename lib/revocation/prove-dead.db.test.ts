import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { listLedger } from '#lib/audit/list-ledger';
import { fingerprintOf } from '#lib/connections/fingerprint';
import { systemContext } from '#lib/context';
import { revocations } from '#lib/db/schema/revocations';
import { revokeConnection } from '#lib/revocation/revoke';
import { workRevocations } from '#lib/revocation/work-revocations';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, asNobody, createRuntime, entries, plainRecord, rowOf } from '#tests/hub';
import { type Behaviour, quirkyServer } from '#tests/servers/quirky-server';

const database = sharedDatabase();

const jwt = `${Buffer.from('{"alg":"RS256","typ":"at+jwt"}').toString('base64url')}.e30.c2ln`;
const minute = 60_000;

interface Odd {
  revoke?: Behaviour;
  userinfo?: Behaviour;
  introspect?: Behaviour;
  record?: Record<string, unknown>;
}

/** A hub with a provider that answers as the test says. `revoked` is true from the first revocation on. */
async function oddHub(odd: (told: { revoked: boolean }) => Odd) {
  const told = { revoked: false };
  const { revoke = { json: {} }, userinfo, introspect, record = {} } = odd(told);
  const server = await quirkyServer();
  server.on('POST /revoke', async (request) => {
    const reply = typeof revoke === 'function' ? await revoke(request) : revoke;
    told.revoked = true;
    return reply;
  });
  if (userinfo) server.on('GET /userinfo', userinfo);
  if (introspect) server.on('POST /introspect', introspect);
  const records = [
    {
      ...plainRecord(server.url),
      ...(introspect ? { introspection_endpoint: `${server.url}/introspect` } : {}),
      ...record,
    },
  ];
  const runtime = createRuntime(database.current, records);
  const { id: personId, ctx } = await addPerson(runtime);
  return {
    server,
    runtime,
    add: (given: { accessToken?: string; refreshToken?: string | null; expiresIn?: number | null } = {}) =>
      addConnection(runtime, { personId, refreshToken: 'rt', ...given }),
    revoke: async (id: string) => {
      await revokeConnection(ctx(), { id });
      await Promise.all(runtime.background);
      return revocationOf(id);
    },
    again: async (id: string) => {
      await database.db
        .update(revocations)
        .set({ nextAttemptAt: sql`now() - interval '1 second'` })
        .where(eq(revocations.connectionId, id));
      await workRevocations(systemContext(runtime, 'jobs'));
      return revocationOf(id);
    },
  };
}

async function revocationOf(id: string) {
  const [row] = await database.db.select().from(revocations).where(eq(revocations.connectionId, id));
  if (!row) throw new Error('no such revocation');
  return row;
}

const alive = { json: { sub: 'ada' } };
const dead = { status: 401, json: {} };
const active = { json: { active: true } };
const inactive = { json: { active: false } };

describe('what counts as proof', () => {
  test('an access token that was accepted before and is refused afterwards', async () => {
    const hub = await oddHub((told) => ({ userinfo: () => (told.revoked ? dead : alive) }));
    const id = await hub.add({ accessToken: 'at-proved' });
    const began = Date.now();
    const row = await hub.revoke(id);
    expect(row).toMatchObject({ state: 'revoked_upstream', proof: 'proved', honouredUntil: null });
    expect(row.provedAt?.getTime()).toBeGreaterThan(began - minute);
    expect(row.evidence).toEqual({
      selfContained: false,
      tokens: [
        {
          ...{ token: 'access_token', fingerprint: fingerprintOf('at-proved') },
          ...{ by: 'userinfo', before: 'accepted', after: 'refused', at: expect.any(String) },
        },
        {
          ...{ token: 'refresh_token', fingerprint: fingerprintOf('rt') },
          ...{ by: null, before: 'unknown', after: 'unknown', at: expect.any(String) },
        },
      ],
    });
    expect((await entries(hub.runtime, id)).at(-1)).toMatchObject({
      action: 'revocation.proved',
      outcome: 'ok',
      details: {
        ...{ proved: ['access_token'], accepted: [], honoured_until: null },
        fingerprint: fingerprintOf('at-proved'),
      },
    });
  });

  test('which token it was is said as in the entry of who read it, so that one search finds both', async () => {
    const hub = await oddHub((told) => ({ userinfo: () => (told.revoked ? dead : alive) }));
    const id = await hub.add({ accessToken: 'at-leaked' });
    const { key } = await addApiKey(hub.runtime);
    await vendToken(asNobody(hub.runtime), { id, key });
    await hub.revoke(id);
    const admin = systemContext(hub.runtime, 'test');
    const { items } = await listLedger(admin, { fingerprint: fingerprintOf('at-leaked') });
    expect(items.map(({ action }) => action)).toEqual(['revocation.proved', 'token.vended']);
  });

  test.each([
    { source: 'token_answer', subject: 'sub' },
    { source: 'introspection', subject: 'sub' },
    { source: 'none' },
  ])('a refresh token by introspection, which is never spent for it, with identity %j', async (identity) => {
    const hub = await oddHub((told) => ({
      introspect: ({ form }) => {
        expect(form.get('token_type_hint')).toBe(form.get('token') === 'rt' ? 'refresh_token' : 'access_token');
        return told.revoked ? inactive : active;
      },
      record: { userinfo_endpoint: undefined, identity: { ...identity, issuer: 'https://acme.example' } },
    }));
    const row = await hub.revoke(await hub.add());
    expect(row).toMatchObject({ proof: 'proved' });
    expect(row.evidence?.tokens.map(({ token, by, after }) => [token, by, after])).toEqual([
      ['access_token', 'introspection', 'refused'],
      ['refresh_token', 'introspection', 'refused'],
    ]);
    expect(hub.server.requestsTo('POST /token')).toEqual([]);
  });

  test.each<[string, Behaviour | undefined, Behaviour | undefined]>([
    ['the 200 of the revocation endpoint alone', undefined, undefined],
    ['a server that calls every token inactive, before and after', undefined, inactive],
    ['a server that refuses every token, before and after', dead, undefined],
    ['an outage of the harmless call', { status: 503, text: '' }, { status: 503, text: '' }],
    ['a page of HTML', { text: '<html>' }, undefined],
    ['a refusal for another reason', { status: 403, json: {} }, undefined],
  ])('not %s', async (_, userinfo, introspect) => {
    const hub = await oddHub(() => ({ ...(userinfo ? { userinfo } : {}), ...(introspect ? { introspect } : {}) }));
    const id = await hub.add();
    const row = await hub.revoke(id);
    expect(row).toMatchObject({ state: 'revoked_upstream', proof: 'not_provable', provedAt: null });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ accessToken: null, refreshToken: null });
    expect((await entries(hub.runtime, id)).map(({ action }) => action)).not.toContain('revocation.proved');
  });

  test('not an access token that had ended by itself: it is not even shown', async () => {
    const hub = await oddHub(() => ({ userinfo: dead }));
    const row = await hub.revoke(await hub.add({ expiresIn: -5 }));
    expect(row).toMatchObject({ proof: 'not_provable', honouredUntil: null });
    expect(row.evidence?.tokens[0]).toMatchObject({ token: 'access_token', by: null, before: null, after: 'expired' });
    expect(hub.server.requestsTo('GET /userinfo')).toEqual([]);
  });
});

describe('until when an access token may still be honoured', () => {
  test('a self-contained one until it ends, although the provider refuses it', async () => {
    const hub = await oddHub((told) => ({ userinfo: () => (told.revoked ? dead : alive) }));
    const id = await hub.add({ accessToken: jwt });
    const { accessTokenExpiresAt } = await rowOf(hub.runtime, id);
    const row = await hub.revoke(id);
    expect(row).toMatchObject({ proof: 'proved', evidence: { selfContained: true } });
    expect(row.honouredUntil).toEqual(accessTokenExpiresAt);
  });

  test('an opaque one until it ends where nothing proved it dead', async () => {
    const hub = await oddHub(() => ({}));
    const id = await hub.add();
    const { accessTokenExpiresAt } = await rowOf(hub.runtime, id);
    expect((await hub.revoke(id)).honouredUntil).toEqual(accessTokenExpiresAt);
  });
});

describe('a token that is still accepted after the provider confirmed', () => {
  test('is kept sealed and tried again; once it is refused it is proved dead and erased', async () => {
    let slow = true;
    const hub = await oddHub(() => ({ userinfo: () => (slow ? alive : dead) }));
    const id = await hub.add();
    expect(await hub.revoke(id)).toMatchObject({ state: 'revoked_upstream', proof: 'due', provedAt: null });
    expect((await rowOf(hub.runtime, id)).accessToken).not.toBeNull();
    expect(await hub.again(id)).toMatchObject({ proof: 'due', proofAttempts: 1, attempts: 1 });
    slow = false;
    expect(await hub.again(id)).toMatchObject({ state: 'revoked_upstream', proof: 'proved', attempts: 1 });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ accessToken: null, refreshToken: null });
    expect(hub.server.requestsTo('POST /revoke')).toHaveLength(1);
  });

  test('A-14 is said so in the end, with the moment until when it lives, and stays sealed', async () => {
    const hub = await oddHub(() => ({ userinfo: alive }));
    const id = await hub.add();
    let row = await hub.revoke(id);
    for (let n = 0; n < 10 && row.proof === 'due'; n++) row = await hub.again(id);
    expect(row).toMatchObject({ proof: 'still_accepted', proofAttempts: 4, honouredUntil: expect.any(Date) });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ accessToken: expect.any(String) });
    expect((await entries(hub.runtime, id)).at(-1)).toMatchObject({
      action: 'revocation.proved',
      outcome: 'failed',
      code: 'still_accepted',
      details: { accepted: ['access_token'] },
    });
  });
});

test('a call that fails takes nothing from what was seen: the token counts as accepted still, and is tried again', async () => {
  let down = false;
  const hub = await oddHub((told) => ({
    userinfo: () =>
      down
        ? { status: 503, text: '' }
        : told.revoked && hub.server.requestsTo('GET /userinfo').length > 2
          ? dead
          : alive,
  }));
  const id = await hub.add();
  expect(await hub.revoke(id)).toMatchObject({ proof: 'due' });
  down = true;
  const row = await hub.again(id);
  expect(row).toMatchObject({ proof: 'due', proofAttempts: 1 });
  expect(row.evidence?.tokens[0]).toMatchObject({ before: 'accepted', after: 'accepted' });
  down = false;
  expect(await hub.again(id)).toMatchObject({ proof: 'proved' });
});

test('what was seen before the first attempt counts at the next one, whatever that finds', async () => {
  let down = true;
  const hub = await oddHub((told) => ({
    userinfo: () => (told.revoked ? dead : alive),
    revoke: () => (down ? { status: 503, text: '' } : { json: {} }),
  }));
  const id = await hub.add();
  // The server ends the token and fails to say so.
  expect(await hub.revoke(id)).toMatchObject({ state: 'pending', attempts: 1 });
  down = false;
  expect(await hub.again(id)).toMatchObject({ state: 'revoked_upstream', proof: 'proved', attempts: 2 });
});

test('nothing is tried where the provider offers no revocation', async () => {
  const hub = await oddHub(() => ({ userinfo: alive, record: { revoke: { style: 'none' } } }));
  const row = await hub.revoke(await hub.add());
  expect(row).toMatchObject({ state: 'unsupported', proof: 'none', honouredUntil: expect.any(Date) });
  expect(hub.server.seen).toEqual([]);
});
