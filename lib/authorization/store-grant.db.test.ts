import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Grant, storeGrant } from '#lib/authorization/store-grant';
import { openTokens } from '#lib/connections/tokens-at-rest';
import type { Runtime } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import type { PersonContext } from '#lib/guards/require';
import { keepRefused } from '#lib/revocation/keep-refused';
import { revokeConnection } from '#lib/revocation/revoke';
import { describeWithConnections, lockWaiters, sharedDatabase } from '#tests/database';
import { newGrant } from '#tests/grants';
import { addPerson, createRuntime, entries, freeze, rowOf, settle } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
beforeAll(() => {
  runtime = createRuntime(database.current, []);
});

/** Of a provider that is not configured any more. */
const grant: typeof newGrant = (given, tokens) => newGrant({ provider: 'gone', ...given }, tokens);

async function somebody(): Promise<PersonContext> {
  return (await addPerson(runtime)).ctx() as PersonContext;
}

async function tokensOf(id: string): Promise<[string | null, string | null]> {
  const { accessToken, refreshToken } = openTokens(runtime, await rowOf(runtime, id));
  return [accessToken, refreshToken];
}

const rowsOf = (ctx: PersonContext) =>
  database.db.select().from(connections).where(eq(connections.personId, ctx.actor.personId));

test('ten tabs that end at once with one account keep one connection, and each is in the ledger', async () => {
  const ctx = await somebody();
  const one = grant();
  const stored = await Promise.all(Array.from({ length: 10 }, () => storeGrant(ctx, grant({ subject: one.subject }))));
  expect(new Set(stored.map(({ connectionId }) => connectionId)).size).toBe(1);
  expect(stored.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
  const [row, ...others] = await rowsOf(ctx);
  expect(others).toEqual([]);
  expect(row).toMatchObject({ status: 'connected', generation: 10, leaseOwner: null });
  expect((await entries(runtime, row?.id)).map(({ action }) => action).sort()).toEqual([
    'connection.created',
    ...Array.from({ length: 9 }, () => 'connection.reconnected'),
  ]);
});

describe('a refresh token that the answer leaves out', () => {
  test('stays as it was where the connection was live', async () => {
    const ctx = await somebody();
    const first = grant();
    const { connectionId } = await storeGrant(ctx, first);
    const second = grant({ subject: first.subject }, { refresh_token: null });
    expect(await storeGrant(ctx, second)).toMatchObject({ connectionId, outcome: 'reconnected' });
    expect(await tokensOf(connectionId)).toEqual([second.tokens.access_token, first.tokens.refresh_token]);
  });

  test('is dropped where the connection was dead: it would only die again', async () => {
    const ctx = await somebody();
    const first = grant();
    const { connectionId } = await storeGrant(ctx, first);
    await database.db
      .update(connections)
      .set({ status: 'needs_reconnect', statusReason: 'invalid_grant', lastRefreshError: 'invalid_grant' })
      .where(eq(connections.id, connectionId));
    const second = grant({ subject: first.subject }, { refresh_token: null });
    expect(await storeGrant(ctx, second)).toMatchObject({ connectionId, outcome: 'reconnected' });
    expect(await tokensOf(connectionId)).toEqual([second.tokens.access_token, null]);
    expect(await rowOf(runtime, connectionId)).toMatchObject({
      status: 'connected',
      statusReason: null,
      lastRefreshError: null,
    });
  });
});

test('reconnecting takes the lease from a refresh with the older grant, and raises the generation', async () => {
  const ctx = await somebody();
  const first = grant();
  const { connectionId } = await storeGrant(ctx, first);
  await database.db
    .update(connections)
    .set({ leaseOwner: 'another', leaseExpiresAt: sql`now() + interval '30 seconds'` })
    .where(eq(connections.id, connectionId));
  await storeGrant(ctx, grant({ subject: first.subject }));
  expect(await rowOf(runtime, connectionId)).toMatchObject({ generation: 2, leaseOwner: null, leaseExpiresAt: null });
});

test.each<[string, Partial<Grant>]>([
  ['another subject', { subject: 'another' }],
  ['another issuer', { issuer: 'https://other.example' }],
  ['another provider', { provider: 'elsewhere' }],
])('%s is another connection', async (_, other) => {
  const ctx = await somebody();
  const first = grant();
  await storeGrant(ctx, first);
  expect((await storeGrant(ctx, grant({ subject: first.subject, ...other }))).outcome).toBe('created');
  expect(await rowsOf(ctx)).toHaveLength(2);
});

test('a revoked connection is final: the same account gets a new one, and the old row stays as it is', async () => {
  const ctx = await somebody();
  const first = grant();
  const { connectionId } = await storeGrant(ctx, first);
  await revokeConnection(ctx, { id: connectionId });
  await Promise.all(runtime.background);
  const before = await rowOf(runtime, connectionId);
  const again = await storeGrant(ctx, grant({ subject: first.subject }));
  expect(again).toMatchObject({ outcome: 'created', connectionId: expect.not.stringContaining(connectionId) });
  expect(await rowOf(runtime, connectionId)).toEqual(before);
});

test('a frozen connection takes no new grant', async () => {
  const ctx = await somebody();
  const first = grant();
  const { connectionId } = await storeGrant(ctx, first);
  await freeze(runtime, 'connection', connectionId);
  const before = await rowOf(runtime, connectionId);
  await expect(storeGrant(ctx, grant({ subject: first.subject }))).rejects.toMatchObject({ code: 'frozen' });
  expect(await rowOf(runtime, connectionId)).toEqual(before);
});

test.each(['provider', 'person', 'everything', 'connection'] as const)(
  'a freeze that is set over its %s while the provider answers does not lose the answer',
  async (scope) => {
    const ctx = await somebody();
    const first = grant();
    const { connectionId } = await storeGrant(ctx, first);
    const target = { provider: first.provider, person: ctx.actor.personId, everything: '', connection: connectionId };
    await freeze(runtime, scope, target[scope]);
    try {
      const again = grant({ subject: first.subject, reconnects: connectionId });
      expect(await storeGrant(ctx, again)).toMatchObject({ connectionId, outcome: 'reconnected' });
      expect((await rowOf(runtime, connectionId)).generation).toBe(2);
    } finally {
      await database.db.delete(freezes);
    }
  },
);

test.each([
  ['disabledAt', 'person_disabled'],
  ['deletedAt', 'unauthenticated'],
] as const)('nothing is kept for a person with %s, although the flow had begun before', async (column, code) => {
  const ctx = await somebody();
  await database.db
    .update(people)
    .set({ [column]: sql`now()` })
    .where(eq(people.id, ctx.actor.personId));
  await expect(storeGrant(ctx, grant())).rejects.toMatchObject({ code });
  expect(await rowsOf(ctx)).toEqual([]);
});

test('the row and its entry stand or fall together', async () => {
  const ctx = await somebody();
  const broken = { ...ctx, requestId: 'zero\0byte' };
  await expect(storeGrant(broken, grant())).rejects.toThrow();
  expect(await rowsOf(ctx)).toEqual([]);
});

test('lives count from the database’s clock, and what is not known stays so', async () => {
  const ctx = await somebody();
  const known = await storeGrant(ctx, grant({ lifeSeconds: 100 }, { refresh_token_expires_in: 1000 }));
  const unknown = await storeGrant(ctx, grant({ lifeSeconds: null }));
  const life = async (id: string) => {
    const [row] = await database.db
      .select({
        access: sql<number | null>`round(extract(epoch from access_token_expires_at - clock_timestamp()) / 10)::int`,
        refresh: sql<number | null>`round(extract(epoch from refresh_token_expires_at - clock_timestamp()) / 100)::int`,
      })
      .from(connections)
      .where(eq(connections.id, id));
    return row;
  };
  expect(await life(known.connectionId)).toEqual({ access: 10, refresh: 10 });
  expect(await life(unknown.connectionId)).toEqual({ access: null, refresh: null });
});

describe('A-10 an answer is stored or refused, whichever is later', () => {
  const refused = (ctx: PersonContext, { answer, issuer, subject, tokens }: Grant) =>
    keepRefused(ctx, {
      ...{ id: answer, intent: 'connect', code: 'internal', issuer, subject, extras: {} },
      ...{ personId: ctx.actor.personId, provider: 'gone', accountParams: {} },
      received: { accessToken: tokens.access_token, refreshToken: tokens.refresh_token, expiresIn: 3600 },
    });
  const revocationsOf = (ctx: PersonContext) =>
    database.db.select().from(revocations).where(eq(revocations.personId, ctx.actor.personId));

  test('a transaction that the database begins after its answer was refused stores nothing', async () => {
    const ctx = await somebody();
    const late = grant();
    await refused(ctx, late);
    await expect(storeGrant(ctx, late)).rejects.toMatchObject({ code: 'conflict' });
    expect(await rowsOf(ctx)).toEqual([]);
    expect(await revocationsOf(ctx)).toMatchObject([{ connectionId: late.answer }]);
    await settle(runtime);
  });

  describeWithConnections('a transaction under way', () => {
    test('is waited for, and the answer that it stores is not refused', async () => {
      const ctx = await somebody();
      const first = grant();
      const { connectionId } = await storeGrant(ctx, first);
      const late = grant({ subject: first.subject });
      let storing: Promise<unknown> = Promise.resolve();
      let refusing: Promise<unknown> = Promise.resolve();
      await withTransaction(database.db, async (tx) => {
        await tx.select().from(connections).where(eq(connections.id, connectionId)).for('update');
        storing = storeGrant(ctx, late);
        await waiting(1);
        refusing = refused(ctx, late);
        await waiting(2);
      });
      await Promise.all([storing, refusing]);
      expect(await tokensOf(connectionId)).toEqual([late.tokens.access_token, late.tokens.refresh_token]);
      const left = (await revocationsOf(ctx)).filter(({ connectionId: id }) => id === late.answer);
      expect(left).toEqual([]);
      await settle(runtime);
    });
  });
});

/** Until so many statements wait for a lock of others. */
const waiting = (count: number) => expect.poll(() => lockWaiters(database.db)).toBe(count);
