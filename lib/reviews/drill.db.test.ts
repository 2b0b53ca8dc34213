import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { reviews } from '#lib/db/schema/reviews';
import { listDrillConnections, runDrill } from '#lib/reviews/drill';
import { openReviews } from '#lib/reviews/open-reviews';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, entries, plainRecord } from '#tests/hub';
import { quirkyServer } from '#tests/servers/quirky-server';

const database = sharedDatabase();

beforeEach(async () => {
  for (const table of [connections, reviews]) await database.db.delete(table);
  await database.db.execute(sql`truncate ledger`);
});

/** A provider that ends tokens, or goes on accepting them; an administrator with a test account there. */
async function hub({ obeys = true, radius = 'token' }: { obeys?: boolean; radius?: 'token' | 'grant' } = {}) {
  const server = await quirkyServer();
  let revoked = false;
  server.on('POST /revoke', () => {
    revoked = obeys;
    return { json: {} };
  });
  server.on('GET /userinfo', () => (revoked ? { status: 401, json: {} } : { json: { sub: 'ada' } }));
  const record = plainRecord(server.url);
  const runtime = createRuntime(database.current, [
    { ...record, revoke: { ...Object(record.revoke), blast_radius: radius } },
  ]);
  const admin = await addPerson(runtime, { role: 'administrator' });
  const add = (personId = admin.id) => addConnection(runtime, { personId, refreshToken: 'rt', subject: 'ada' });
  return { runtime, admin, add, id: await add() };
}

const drill = (connection: string, provider = 'acme') => ({ provider, connection });

test('ends the test connection, measures each step, proves it dead, and is the finding of the open review', async () => {
  const { runtime, admin, id } = await hub();
  await openReviews(systemContext(runtime, 'jobs'));
  expect((await listDrillConnections(admin.ctx())).get('acme')?.map((one) => one.id)).toEqual([id]);
  const done = await runDrill(admin.ctx(), drill(id));
  expect(done).toMatchObject({ state: 'revoked_upstream', proof: 'proved', endedHereMs: expect.any(Number) });
  expect(done.provedMs).toEqual(expect.any(Number));
  const key = await addApiKey(runtime);
  await expect(vendToken(key.ctx, { id })).rejects.toMatchObject({ code: 'revoked' });
  const told = (await entries(runtime, id)).find(({ action }) => action === 'revocation.drilled');
  expect(told).toMatchObject({
    outcome: 'ok',
    details: { proof: 'proved', ended_here_ms: done.endedHereMs, told_ms: done.toldMs, proved_ms: done.provedMs },
  });
  const [review] = (await database.db.select().from(reviews)).filter(({ task }) => task === 'revocation_drill');
  const names = review?.findings?.items[0]?.figures?.map(({ name }) => name);
  expect([review?.findings?.items[0]?.result, names]).toEqual(['fine', ['Ended here', 'Provider told', 'Proved dead']]);
  expect((await listDrillConnections(admin.ctx())).size).toBe(0);
});

test('a provider that still accepts the tokens fails the drill', async () => {
  const { runtime, admin, id } = await hub({ obeys: false });
  const done = await runDrill(systemContext(runtime, 'command line'), drill(id));
  expect(done.provedMs).toBeNull();
  expect(done.proof).not.toBe('proved');
  expect((await listDrillConnections(admin.ctx())).size).toBe(0);
});

test('no administrator drills with a connection of another person or provider, an ended one, or one with which others end', async () => {
  const { runtime, admin, id } = await hub();
  const other = await addPerson(runtime, { role: 'administrator' });
  const auditor = await addPerson(runtime, { role: 'auditor' });
  await expect(runDrill(other.ctx(), drill(id))).rejects.toMatchObject({ code: 'not_found' });
  await expect(runDrill(auditor.ctx(), drill(id))).rejects.toMatchObject({ code: 'forbidden' });
  await expect(runDrill(admin.ctx(), drill(id, 'other'))).rejects.toMatchObject({ code: 'not_found' });
  await expect(runDrill(admin.ctx(), drill('con_none'))).rejects.toMatchObject({ code: 'not_found' });
  await runDrill(admin.ctx(), drill(id));
  await expect(runDrill(admin.ctx(), drill(id))).rejects.toMatchObject({ code: 'conflict' });
  const wide = await hub({ radius: 'grant' });
  await wide.add(other.id);
  await expect(runDrill(wide.admin.ctx(), drill(wide.id))).rejects.toMatchObject({ code: 'conflict' });
  const done = (await entries(runtime)).filter(({ action }) => action === 'revocation.drilled');
  expect(done).toHaveLength(1);
});
