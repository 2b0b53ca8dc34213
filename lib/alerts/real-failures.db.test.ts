import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { checkLedger } from '#lib/audit/check-ledger';
import { sealLedger } from '#lib/audit/seal-ledger';
import { systemContext } from '#lib/context';
import { revocations } from '#lib/db/schema/revocations';
import { watchInstance } from '#lib/freezes/restore-guard';
import { refreshConnection } from '#lib/refresh/refresh';
import { revokeConnection } from '#lib/revocation/revoke';
import { workRevocations } from '#lib/revocation/work-revocations';
import { vendToken } from '#lib/tokens/vend-token';
import { raisedBy } from '#tests/alerts';
import { addConnection, addPerson, createRuntime, plainRecord, settle } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';
import { quirkyServer } from '#tests/servers/quirky-server';

const hub = refreshHub();

test('a newest refresh token that is refused although its grant lives on', async () => {
  const rotating = hub.otherProcess({ rotation: 'rotate' });
  const id = await hub.expired({ values: { connectedAt: new Date(Date.now() - 3600_000) } });
  await refreshConnection(rotating, { id, force: true });
  hub.server.revoke(await hub.refreshTokenOf(id));
  await hub.refusedBefore(id);
  const found = await raisedBy(hub.runtime, () =>
    expect(refreshConnection(rotating, { id, force: true })).rejects.toMatchObject({ code: 'needs_reconnect' }),
  );
  expect(found).toEqual(['needs_reconnect acme', 'refresh_token_theft_possible acme']);
});

test('a provider that does not answer for minutes', async () => {
  hub.server.behaviour.instead = json(503, {});
  const found = await raisedBy(
    hub.runtime,
    async () => {
      for (let n = 0; n < 5; n++)
        await expect(vendToken(hub.ctx, { id: await hub.expired() })).rejects.toMatchObject({
          code: 'provider_unavailable',
        });
    },
    3,
  );
  expect(found).toEqual(['provider_failing acme']);
});

test('a ledger that somebody edited in the database', async () => {
  const { database, runtime } = hub;
  const ctx = systemContext(runtime, 'jobs');
  const { ctx: asPerson, id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId });
  await revokeConnection(asPerson(), { id });
  await settle(runtime);
  await sealLedger(ctx);
  await database.db.execute(sql`update ledger set ip = '198.51.100.1' where action = 'connection.revoked'`);
  expect(await raisedBy(runtime, () => checkLedger(ctx))).toEqual(['ledger_broken hub']);
});

test('a database that was put back to an earlier state', async () => {
  const { database, runtime } = hub;
  const dataDir = mkdtempSync(join(tmpdir(), 'grantkeep-alerts-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const here = { ...runtime, config: { ...runtime.config, dataDir } };
  const watched = await watchInstance(here);
  const found = await raisedBy(runtime, async () => {
    await database.db.execute(sql`update instance set mark = mark - interval '10 minutes'`);
    await watchInstance(here, watched);
  });
  expect(found).toEqual(['instance_restored hub']);
  await database.db.execute(sql`delete from freezes`);
});

/** A hub with a provider that takes every revocation and goes on to accept the token, or takes none. */
async function revokedAt(provider: { revokes: boolean }) {
  const server = await quirkyServer();
  server.on('POST /revoke', provider.revokes ? { json: {} } : { status: 400, json: { error: 'invalid_client' } });
  server.on('GET /userinfo', { json: { sub: 'ada' } });
  const runtime = createRuntime(hub.database, [plainRecord(server.url)]);
  const { id: personId, ctx } = await addPerson(runtime);
  const revoke = async () => {
    const id = await addConnection(runtime, { personId, refreshToken: 'rt' });
    await revokeConnection(ctx(), { id });
    await Promise.all(runtime.background);
    return id;
  };
  const again = async (id: string, attempts?: number) => {
    await hub.database.db
      .update(revocations)
      .set({ nextAttemptAt: sql`now() - interval '1 second'`, ...(attempts ? { attempts } : {}) })
      .where(eq(revocations.connectionId, id));
    await workRevocations(systemContext(runtime, 'jobs'));
  };
  return { runtime, revoke, again };
}

test('a token that is still accepted after its provider said that it was revoked', async () => {
  const { runtime, revoke, again } = await revokedAt({ revokes: true });
  const found = await raisedBy(runtime, async () => {
    const id = await revoke();
    for (let n = 0; n < 6; n++) await again(id);
  });
  expect(found).toEqual(['revoked_still_accepted acme']);
});

test('revocations that a provider does not take, and one that is given up for it', async () => {
  const { runtime, revoke, again } = await revokedAt({ revokes: false });
  const found = await raisedBy(runtime, async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await revoke());
    // As if it had been tried for days.
    await again(ids[0] ?? '', 79);
  });
  expect(found).toEqual(['revocation_given_up acme', 'revocations_failing acme']);
});
