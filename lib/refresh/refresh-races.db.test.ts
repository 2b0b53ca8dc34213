import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { getConnection } from '#lib/connections/get';
import { placesOfRevocation, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { openPostgres } from '#lib/db/open';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { refreshConnection } from '#lib/refresh/refresh';
import { revokeConnection } from '#lib/revocation/revoke';
import { reportProviders } from '#lib/status/report-providers';
import { vendToken } from '#lib/tokens/vend-token';
import { describeWithConnections } from '#tests/database';
import { freeze, rowOf, settle } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';
import { openTcpGate } from '#tests/servers/tcp-gate';

const hub = refreshHub();

describe('races', () => {
  test('revoked during the refresh: not vended, stays revoked, and the newest grant is what awaits revocation', async () => {
    const refreshToken = hub.server.grant();
    const id = await hub.expired({ refreshToken });
    hub.during(() => revokeConnection(systemContext(hub.runtime, 'test'), { id }));
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'revoked' });
    const row = await rowOf(hub.runtime, id);
    expect(row).toMatchObject({ status: 'revoked', leaseOwner: null });
    expect(await hub.refreshTokenOf(id)).not.toBe(refreshToken);
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'revoked' });
  });

  test('a freeze put on while a refresh waits for its turn at the provider keeps it from being asked', async () => {
    const process = hub.otherProcess();
    const ctx = { ...process, config: { ...process.config, refreshConcurrency: 1 } };
    const { atProvider, answer } = hub.holdAnswer();
    const first = refreshConnection(ctx, { id: await hub.expired() });
    await atProvider;
    const id = await hub.expired();
    const waiting = refreshConnection(ctx, { id });
    const refused = expect(waiting).rejects.toMatchObject({ code: 'frozen' });
    await expect.poll(() => reportProviders(ctx)).toMatchObject([{ callsWaiting: 1 }]);
    await freeze(hub.runtime, 'connection', id);
    answer();
    await Promise.all([first, refused]);
    expect(hub.server.requests).toBe(1);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ leaseOwner: null, lastRefreshError: null, generation: 1 });
  });

  test('revoked and already ended at the provider: nothing of the answer is kept', async () => {
    const id = await hub.expired();
    hub.during(() =>
      hub.database.db
        .update(connections)
        .set({ status: 'revoked', accessToken: null, refreshToken: null, leaseOwner: null, leaseExpiresAt: null })
        .where(eq(connections.id, id)),
    );
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'revoked' });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'revoked', accessToken: null, refreshToken: null });
  });

  test('revoked and told to the provider while the answer was on its way: the answer goes to the revocations', async () => {
    const id = await hub.expired();
    hub.during(async () => {
      await revokeConnection(systemContext(hub.runtime, 'test'), { id });
      await settle(hub.runtime);
      await hub.database.db
        .update(revocations)
        .set({ state: 'revoked_upstream', finishedAt: new Date(), proof: 'not_provable' })
        .where(eq(revocations.connectionId, id));
      await hub.database.db
        .update(connections)
        .set({ accessToken: null, refreshToken: null, leaseOwner: null, leaseExpiresAt: null })
        .where(eq(connections.id, id));
    });
    await expect(refreshConnection(hub.otherProcess(), { id })).rejects.toMatchObject({ code: 'revoked' });
    const { personId, subject } = await rowOf(hub.runtime, id);
    const all = await hub.database.db.select().from(revocations).where(eq(revocations.personId, personId));
    const owner = all.find(({ refused }) => refused?.subject === subject);
    expect(owner).toMatchObject({ state: 'pending', refused: { intent: 'refresh', code: 'revoked' } });
    const place = owner && placesOfRevocation(owner, undefined).refreshToken;
    expect(place && hub.server.accepts(hub.runtime.vault.open(owner.refreshToken ?? '', place))).toBe(true);
  });

  test('reconnected during the refresh: the newer grant stays', async () => {
    const id = await hub.expired();
    const newest = hub.server.grant();
    const at = { ...(await rowOf(hub.runtime, id)), generation: 2 };
    const sealed = await hub.runtime.vault.seal(newest, refreshTokenPlace(at));
    hub.during(() =>
      hub.database.db
        .update(connections)
        .set({ generation: 2, refreshToken: sealed, leaseOwner: null, leaseExpiresAt: null })
        .where(eq(connections.id, id)),
    );
    await refreshConnection(hub.ctx, { id });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 2, refreshToken: sealed, status: 'connected' });
  });

  test('a dead answer that another’s refresh explains marks nothing', async () => {
    const id = await hub.expired();
    hub.server.behaviour.instead = (response) => {
      hub.server.behaviour.instead = null;
      hub.database.db
        .update(connections)
        .set({ generation: 2, accessTokenExpiresAt: sql`now() + interval '1 hour'` })
        .where(eq(connections.id, id))
        .then(() => json(400, { error: 'invalid_grant' })(response));
    };
    await refreshConnection(hub.ctx, { id });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', generation: 2, leaseOwner: null });
    expect(await hub.actions(id)).toEqual([]);
  });

  test('an answer that comes after its lease ran out is stored, unless a newer token is there', async () => {
    const id = await hub.expired();
    hub.during(() =>
      hub.database.db
        .update(connections)
        .set({ leaseOwner: 'other', leaseExpiresAt: sql`clock_timestamp() + interval '30 seconds'` })
        .where(eq(connections.id, id)),
    );
    await refreshConnection(hub.ctx, { id });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 2, leaseOwner: 'other', status: 'connected' });
  });

  test('a holder that died while the token was being spent leaves answer_lost, which a dead answer then means', async () => {
    const spent = hub.server.grant();
    hub.server.revoke(spent);
    const id = await hub.expired({
      refreshToken: spent,
      values: { leaseOwner: 'dead', leaseExpiresAt: new Date(0), lastRefreshError: 'answer_lost' },
    });
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'needs_reconnect', statusReason: 'answer_lost' });
  });

  test('the row says answer_lost exactly from before the token is spent until the answer is stored, and nobody is told', async () => {
    const id = await hub.expired();
    const seen: (string | null)[] = [];
    hub.during(async () => {
      seen.push((await rowOf(hub.runtime, id)).lastRefreshError);
      seen.push((await getConnection(systemContext(hub.runtime, 'test'), { id })).lastRefreshError);
    });
    await refreshConnection(hub.ctx, { id });
    seen.push((await rowOf(hub.runtime, id)).lastRefreshError);
    expect(seen).toEqual(['answer_lost', null, null]);
  });

  test('once its holder has died, the connection’s view says so', async () => {
    const values = { leaseOwner: 'dead', leaseExpiresAt: new Date(0), lastRefreshError: 'answer_lost' };
    const id = await hub.expired({ values });
    const { lastRefreshError } = await getConnection(systemContext(hub.runtime, 'test'), { id });
    expect(lastRefreshError).toBe('answer_lost');
  });
});

describeWithConnections('the database out of reach', () => {
  test('after the token was spent: the answer is kept and stored when the database is back', async () => {
    const id = await hub.expired();
    const url = new URL(hub.database.url ?? '');
    const gate = await openTcpGate({ host: url.hostname, port: Number(url.port) });
    url.port = String(gate.port);
    const throughGate = openPostgres(url.href, { max: 2 });
    const asking = hub.otherProcess({}, throughGate);
    hub.during(() => gate.shut());
    const refreshed = refreshConnection(asking, { id });
    await expect
      .poll(() => asking.logged.some(({ event }) => event === 'refresh_store_retried'), { timeout: 60_000 })
      .toBe(true);
    await gate.open();
    await refreshed;
    await throughGate.close();
    await gate.shut();
    expect(await rowOf(hub.runtime, id)).toMatchObject({ generation: 2, leaseOwner: null, lastRefreshError: null });
    expect(hub.server.accepts(await hub.refreshTokenOf(id))).toBe(true);
    expect((await hub.actions(id)).filter((action) => action === 'token.refreshed')).toHaveLength(1);
  });
});
