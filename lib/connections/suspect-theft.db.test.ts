import { eq, type SQL, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { refreshConnection } from '#lib/connections/refresh';
import { revokeConnection } from '#lib/connections/revoke';
import { vendToken } from '#lib/connections/vend-token';
import { type Runtime, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { record } from '#lib/ledger/record';
import { addConnection, addPerson, entries, rowOf } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

const rotating = (record: Record<string, unknown> = {}) => hub.otherProcess({ rotation: 'rotate', ...record });

/** A connection whose token was replaced by a refresh since it was connected, and whose newest one the provider drops. */
async function stolen(before: (id: string) => PromiseLike<unknown> = async () => {}): Promise<string> {
  const id = await hub.expired({ values: { connectedAt: new Date(Date.now() - 3600_000) } });
  await refreshConnection(rotating(), { id, force: true });
  hub.server.revoke(await hub.refreshTokenOf(id));
  await before(id);
  return id;
}

const set = (id: string, values: Record<string, SQL | string>) =>
  hub.database.db.update(connections).set(values).where(eq(connections.id, id));

async function endOf(id: string, ctx = rotating()): Promise<(string | null)[]> {
  await expect(refreshConnection(ctx, { id, force: true })).rejects.toMatchObject({ code: 'needs_reconnect' });
  return [(await rowOf(hub.runtime, id)).statusReason, ...(await hub.actions(id)).slice(1)];
}

const ordinary = ['invalid_grant', 'token.refresh_failed', 'connection.needs_reconnect'];

test('a dead newest token that nothing of ours explains is suspected theft', async () => {
  const id = await stolen();
  expect(await endOf(id)).toEqual([
    'suspected_theft',
    'token.refresh_failed',
    'token.theft_suspected',
    'connection.needs_reconnect',
  ]);
  expect((await entries(hub.runtime, id)).slice(1).map(({ code }) => code)).toEqual([
    'invalid_grant',
    'invalid_grant',
    'suspected_theft',
  ]);
  await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect' });
});

test.each<[string, Record<string, unknown>]>([
  ['does not replace refresh tokens', { rotation: 'none' }],
  ['drops grants that were unused for so long', { rotation: 'rotate', idle_keepalive_days: 5 }],
])('ordinary at a provider that %s', async (_, record) => {
  const id = await stolen((one) =>
    set(one, { lastRefreshedAt: sql`now() - interval '6 days'`, connectedAt: sql`now() - interval '7 days'` }),
  );
  expect(await endOf(id, hub.otherProcess(record))).toEqual(ordinary);
});

test('ordinary for a token that was never replaced', async () => {
  const id = await hub.expired({ refreshToken: 'rt_unknown' });
  await expect(refreshConnection(rotating(), { id })).rejects.toMatchObject({ code: 'needs_reconnect' });
  expect(await rowOf(hub.runtime, id)).toMatchObject({ statusReason: 'invalid_grant' });
});

test('ordinary for a token that was over by its known end, or replaced before the person reconnected', async () => {
  const changes: Record<string, SQL>[] = [
    { refreshTokenExpiresAt: sql`now() - interval '1 second'` },
    { connectedAt: sql`now() + interval '1 second'` },
  ];
  for (const values of changes) {
    expect(await endOf(await stolen((id) => set(id, values)))).toEqual(ordinary);
  }
});

test('a lost answer stays what it is', async () => {
  const id = await stolen((one) => set(one, { lastRefreshError: 'answer_lost' }));
  expect(await endOf(id)).toEqual(['answer_lost', 'token.refresh_failed', 'connection.needs_reconnect']);
});

test('ordinary where another connection of the same account was revoked or made since', async () => {
  const revoked = await stolen(async (id) => {
    const { id: personId } = await addPerson(hub.runtime);
    const other = await addConnection(hub.runtime, { personId, subject: id });
    await set(other, { connectedAt: sql`now() - interval '1 day'` });
    await revokeConnection(systemContext(hub.runtime, 'test'), { id: other });
  });
  expect(await endOf(revoked)).toEqual(ordinary);
  const made = await stolen(async (id) => {
    const { id: personId } = await addPerson(hub.runtime);
    await addConnection(hub.runtime, { personId, subject: id });
  });
  expect(await endOf(made)).toEqual(ordinary);
});

test('ordinary for a row that came from a backup, and suspected again once it was refreshed since', async () => {
  const restored = (runtime: Runtime) =>
    record(runtime.database.db, systemContext(runtime, 'restore-guard'), {
      ...{ action: 'instance.restored', outcome: 'failed', code: 'loaded' },
    });
  const spent = await stolen(() => restored(hub.runtime));
  expect(await endOf(spent)).toEqual(ordinary);
  expect(await endOf(await stolen())).toContain('token.theft_suspected');
});
