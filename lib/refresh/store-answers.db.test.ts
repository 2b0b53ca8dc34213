import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { openTokens } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { isAppError } from '#lib/errors';
import { refreshConnection } from '#lib/refresh/refresh';
import { revokeConnection } from '#lib/revocation/revoke';
import { entries, rowOf, settle } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

/** Refreshes all at once; the provider answers none before all have asked and `meanwhile` is over. */
async function refreshTogether(ids: string[], meanwhile: () => Promise<unknown>): Promise<string[]> {
  const all = Promise.withResolvers<void>();
  let asked = 0;
  hub.server.behaviour.beforeAnswer = () => {
    asked += 1;
    if (asked === ids.length) meanwhile().then(() => all.resolve(), all.reject);
    return all.promise;
  };
  return Promise.all(
    ids.map((id) =>
      refreshConnection(hub.ctx, { id }).then(
        () => 'fresh',
        (error: unknown) => (isAppError(error) ? error.code : 'internal'),
      ),
    ),
  );
}

test('answers that come together are stored each by its own fence: the newer and the revoked row are left alone', async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => hub.expired()));
  const [revoked = '', newer = '', ...plain] = ids;
  const outcomes = await refreshTogether(ids, async () => {
    await revokeConnection(systemContext(hub.runtime, 'test'), { id: revoked });
    await hub.database.db
      .update(connections)
      .set({ generation: 7, refreshToken: 'sealed elsewhere', leaseOwner: null, leaseExpiresAt: null })
      .where(eq(connections.id, newer));
  });
  expect(outcomes).toEqual(['revoked', 'fresh', ...plain.map(() => 'fresh')]);
  expect(await rowOf(hub.runtime, revoked)).toMatchObject({ status: 'revoked', generation: 2, leaseOwner: null });
  expect(await rowOf(hub.runtime, newer)).toMatchObject({ generation: 7, refreshToken: 'sealed elsewhere' });
  expect(await hub.actions(newer)).toEqual([]);
  for (const id of plain) {
    expect(await rowOf(hub.runtime, id)).toMatchObject({
      status: 'connected',
      generation: 2,
      leaseOwner: null,
      leaseExpiresAt: null,
      lastRefreshError: null,
    });
    expect(hub.server.accepts(await hub.refreshTokenOf(id))).toBe(true);
    const written = await hub.database.db.select().from(ledger).where(eq(ledger.connectionId, id));
    const about = { provider: 'acme', personId: hub.personId, actorType: 'api_key', ip: hub.ctx.ip, count: 1 };
    expect(written).toMatchObject([{ action: 'token.refreshed', outcome: 'ok', ...about }]);
  }
});

test('an answer replaces what it names and leaves the rest', async () => {
  hub.server.behaviour.rotate = false;
  hub.server.behaviour.extras = { instance_url: 'https://b.example' };
  const values = {
    extras: { instance_url: 'https://a.example', team: 'T1' },
    scopesGranted: ['read', 'write'],
    refreshTokenExpiresAt: sql`now() + interval '30 days'` as never,
    refreshFailures: 3,
  };
  const id = await hub.expired({ values });
  const before = await rowOf(hub.runtime, id);
  await refreshConnection(hub.ctx, { id });
  const kept = await rowOf(hub.runtime, id);
  const { refreshTokenExpiresAt, scopesGranted } = before;
  expect(kept).toMatchObject({ refreshTokenExpiresAt, scopesGranted, refreshFailures: 0 });
  // The same token, sealed for the generation that the row has now.
  expect(openTokens(hub.runtime, kept).refreshToken).toBe(openTokens(hub.runtime, before).refreshToken);
  expect(kept.refreshToken).not.toBe(before.refreshToken);
  hub.server.behaviour.scope = 'read';
  await refreshConnection(hub.ctx, { id, force: true });
  expect(await rowOf(hub.runtime, id)).toMatchObject({ scopesGranted: ['read'], generation: 3 });
  expect((await entries(hub.runtime, id)).map(({ details }) => details)).toEqual([
    { generation: 2, scopes: ['read', 'write'], rotated: false },
    { generation: 3, scopes: ['read'], rotated: false },
  ]);
});

test('without its ledger entry nothing is stored', async () => {
  const id = await hub.expired();
  await hub.database.db.execute(
    sql`alter table ledger add constraint no_entry check (action <> 'token.refreshed') not valid`,
  );
  try {
    await expect(refreshConnection(hub.ctx, { id })).rejects.toThrow();
  } finally {
    await hub.database.db.execute(sql`alter table ledger drop constraint no_entry`);
  }
  expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 1, lastRefreshError: 'answer_lost' });
});

/** Lets the database take no answer, as one without space, until it was tried in vain and `meanwhile` is over. */
async function whileNoneIsTaken(meanwhile: () => Promise<unknown>): Promise<void> {
  const { db } = hub.database;
  await db.execute(sql`create function refuse_answers() returns trigger language plpgsql as
    $$ begin raise exception 'no space left' using errcode = '53100'; end $$`);
  await db.execute(sql`create trigger refuse_answers before update of access_token on connections
    for each row execute function refuse_answers()`);
  try {
    await meanwhile();
    await expect.poll(() => hub.runtime.logged.map(({ event }) => event)).toContain('refresh_store_retried');
  } finally {
    await db.execute(sql`drop function refuse_answers cascade`);
  }
}

async function expectStored(id: string): Promise<void> {
  expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 2, lastRefreshError: null });
  expect(hub.server.accepts(await hub.refreshTokenOf(id))).toBe(true);
  expect(await hub.actions(id)).toEqual(['token.refreshed']);
}

test('an answer is held while the server cannot take it, and stored when it can again', async () => {
  const id = await hub.expired();
  let refreshed: Promise<void> | undefined;
  await whileNoneIsTaken(async () => {
    refreshed = refreshConnection(hub.ctx, { id });
  });
  await refreshed;
  await expectStored(id);
});

test('a caller is told when to come back while an answer is held for long, and it is stored all the same', async () => {
  const id = await hub.expired();
  await whileNoneIsTaken(() =>
    expect(refreshConnection(hub.ctx, { id })).rejects.toMatchObject({ code: 'unavailable', status: 503 }),
  );
  await settle(hub.runtime);
  await expectStored(id);
});
