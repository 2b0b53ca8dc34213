import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { exportLedger } from '#lib/audit/export-ledger';
import { exportBulkRevocation } from '#lib/bulk-revocation/export';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import type { Context, Runtime } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { exportEvidence } from '#lib/evidence/export';
import { whileActs } from '#lib/sign-in/while-acts';
import { sharedDatabase } from '#tests/database';
import { addConnection, addFreshAdministrator, addPerson, createRuntime, plainRecord } from '#tests/hub';
import { steppedDatabase } from '#tests/process-steps';

const database = sharedDatabase();
let runtime: Runtime;
let admin: Context;
beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  admin = await addFreshAdministrator(runtime);
});

const personOf = ({ actor }: Context) => (actor.type === 'person' ? actor.personId : '');
const endSession = (ctx: Context) =>
  database.db
    .update(sessions)
    .set({ endedAt: sql`now()` })
    .where(eq(sessions.personId, personOf(ctx)));

async function* numbers() {
  for (let n = 0; ; n++) yield n;
}

describe('a long file', () => {
  test.each<[what: string, shutOut: () => Promise<unknown>, code: string]>([
    ['their session ends', () => endSession(admin), 'unauthenticated'],
    [
      'they lose the role',
      () =>
        database.db
          .update(people)
          .set({ role: 'user' })
          .where(eq(people.id, personOf(admin))),
      'forbidden',
    ],
  ])('goes on until the next look after %s', async (_what, shutOut, code) => {
    const rows = whileActs(admin, numbers(), 2);
    expect([(await rows.next()).value, (await rows.next()).value, (await rows.next()).value]).toEqual([0, 1, 2]);
    await shutOut();
    expect((await rows.next()).value).toBe(3);
    await expect(rows.next()).rejects.toMatchObject({ code });
  });

  test('of evidence, which takes a while to make, is not handed out', async () => {
    let ended = false;
    const stepped = steppedDatabase(database.current, async (step) => {
      if (step !== 'transaction' || ended) return;
      ended = true;
      await endSession(admin);
    });
    const period = { from: new Date(Date.now() - 60_000), to: new Date() };
    const made = exportEvidence({ ...admin, database: stepped }, period);
    await expect(made.then(() => 'handed out')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(ended).toBe(true);
  });

  test.each<[what: string, begin: () => Promise<AsyncIterable<unknown>>]>([
    ['the ledger', () => exportLedger(admin, { format: 'jsonl' })],
    [
      'a bulk revocation',
      async () => {
        await addConnection(runtime, { personId: (await addPerson(runtime)).id });
        const { id } = await prepareBulkRevocation(admin, { provider: 'acme' });
        return (await exportBulkRevocation(admin, { id, format: 'csv' })).body;
      },
    ],
  ])('of %s is one of these', async (_what, begin) => {
    const rows = await begin();
    await endSession(admin);
    const read = async () => {
      for await (const row of rows) expect(row).toBeDefined();
    };
    await expect(read()).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
