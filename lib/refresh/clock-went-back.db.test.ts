import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { tokenIsAlive } from '#lib/connections/token-clock';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { watchInstance } from '#lib/freezes/restore-guard';
import { noteClockWentBack } from '#lib/jobs/clock-steps';
import { mendMoments } from '#lib/jobs/mend-moments';
import { vendToken } from '#lib/tokens/vend-token';
import { addConnection } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

beforeEach(async () => {
  await hub.database.db.execute(sql`delete from instance`);
  await watchInstance(hub.runtime);
});

/** What the clock has done since: the last sign of life in the database lies so far ahead of it now. */
async function wentBack(by: string): Promise<void> {
  await hub.database.db.execute(sql`update instance set mark = mark + ${by}::interval,
    written_by = pg_current_xact_id()::text::bigint`);
  await noteClockWentBack(hub.database.db, false);
}

/** A token that ended in truth, as its row says by a clock that was ahead as it was stored, and is right again. */
async function deadToken(ahead: string, refreshToken: string | null): Promise<string> {
  const id = await addConnection(hub.runtime, {
    personId: hub.personId,
    accessToken: 'dead',
    refreshToken,
    expiresIn: 3600,
    age: 3601,
  });
  await hub.database.db
    .update(connections)
    .set({
      accessTokenIssuedAt: sql`access_token_issued_at + ${ahead}::interval`,
      accessTokenExpiresAt: sql`access_token_issued_at + ${ahead}::interval + interval '1 hour'`,
    })
    .where(eq(connections.id, id));
  return id;
}

const vended = async (id: string) => (await vendToken(hub.ctx, { id })).accessToken;

describe.each(['1 hour', '2 hours', '1 day', '2 days'])('F-24 the clock was ahead by %s', (ahead) => {
  test('no token that was stored meanwhile is handed out without a refresh', async () => {
    const id = await deadToken(ahead, hub.server.grant());
    if (ahead === '1 hour') await wentBack(ahead);
    expect(await vended(id)).not.toBe('dead');
    const again = hub.server.refreshes;
    expect(await vended(id)).not.toBe('dead');
    expect(hub.server.refreshes).toBe(again);
  });
});

// One that was stored longer ago than the clock went back may have been stored by either clock: its end is left as it is.
test.each(['2 hours', '1 day', '2 days'])(
  'F-24 ahead by %s: a token that nothing can refresh ends when it does, once that was seen',
  async (ahead) => {
    const id = await deadToken(ahead, null);
    await wentBack(ahead);
    await mendMoments(systemContext(hub.runtime, 'test'));
    await expect(vended(id)).rejects.toMatchObject({ code: 'needs_reconnect' });
  },
);

describe('F-24 the clock went back', () => {
  test.each(['1 hour', '1 day'])(
    'by %s, and lets tokens of before seem to live longer: they are refreshed',
    async (by) => {
      // By the clock of before it has ended; by that of now, it has not.
      const id = await addConnection(hub.runtime, {
        personId: hub.personId,
        accessToken: 'dead',
        refreshToken: hub.server.grant(),
        expiresIn: 1800,
        age: 1800,
      });
      await wentBack(by);
      expect(await vended(id)).not.toBe('dead');
    },
  );

  test('what is stored afterwards is believed', async () => {
    await wentBack('1 hour');
    const id = await addConnection(hub.runtime, {
      personId: hub.personId,
      accessToken: 'fresh',
      refreshToken: hub.server.grant(),
    });
    expect(await vended(id)).toBe('fresh');
  });

  test('a clock that is corrected by a second makes no token doubtful', async () => {
    const id = await addConnection(hub.runtime, {
      personId: hub.personId,
      accessToken: 'fresh',
      refreshToken: hub.server.grant(),
      age: -1,
    });
    await wentBack('1 second');
    expect(await vended(id)).toBe('fresh');
  });

  test('a token of which no end is known lives on', async () => {
    const id = await deadToken('1 day', hub.server.grant());
    await hub.database.db.update(connections).set({ accessTokenExpiresAt: null }).where(eq(connections.id, id));
    const [row] = await hub.database.db.select({ alive: tokenIsAlive }).from(connections).where(eq(connections.id, id));
    expect(row?.alive).toBe(true);
    expect(await vended(id)).toBe('dead');
  });
});
