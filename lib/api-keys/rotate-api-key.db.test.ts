import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key';
import { createApiKey } from '#lib/api-keys/create-api-key';
import { describeApiKey } from '#lib/api-keys/describe-api-key';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key';
import { rotateApiKey } from '#lib/api-keys/rotate-api-key';
import { setKeyDetails } from '#lib/api-keys/set-key-details';
import type { Runtime } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { keyNetworks } from '#lib/db/schema/alerts';
import { apiKeys } from '#lib/db/schema/api-keys';
import { keyDays } from '#lib/db/schema/counts';
import { freezes } from '#lib/db/schema/freezes';
import { freeze } from '#lib/freezes/freeze';
import { newId } from '#lib/ids';
import { describeWithConnections, lockWaiters, sharedDatabase } from '#tests/database';
import { addFreshAdministrator, addPerson, asNobody, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;

beforeEach(() => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
});

const made = {
  name: 'reports',
  purpose: 'Makes your weekly report',
  owner: 'team-reports@example.com',
  scopes: ['tokens:vend' as const],
  providers: ['acme'],
  ipRanges: ['203.0.113.0/24'],
  ipRule: 'alert' as const,
};
const addKey = async () => {
  const admin = await addFreshAdministrator(runtime);
  return { admin, ...(await createApiKey(admin, made)) };
};
const isAccepted = (key: string) =>
  authenticateApiKey(asNobody(runtime), key).then(
    () => true,
    () => false,
  );

describe('a rotated key', () => {
  test('is accepted beside the new one, which is like it, until the overlap is over', async () => {
    const { admin, key, apiKey } = await addKey();
    const network = { network: '203.0.113.0/24', firstSeenAt: new Date(0), lastSeenAt: new Date(0), reads: 7 };
    await database.db.insert(keyNetworks).values({ apiKeyId: apiKey.id, ...network });
    const rotated = await rotateApiKey(admin, { id: apiKey.id, overlapHours: 2 });
    const { id: _id, prefix: _prefix, createdAt: _at, replaces, ...same } = rotated.apiKey;
    expect(replaces).toBe(apiKey.id);
    expect(apiKey).toMatchObject({ ...same, replaces: null });
    expect(rotated.old.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 1.9 * 3_600_000);
    expect(rotated.old.expiresAt?.getTime()).toBeLessThan(Date.now() + 2.1 * 3_600_000);
    const { networks } = await describeApiKey(admin, { id: rotated.apiKey.id });
    expect(networks).toMatchObject([{ network: '203.0.113.0/24', reads: 0 }]);
    expect((await describeApiKey(admin, { id: apiKey.id })).replacedBy?.id).toBe(rotated.apiKey.id);
    const stored = JSON.stringify([await database.db.select().from(apiKeys), await entries(runtime)]);
    expect(stored).not.toContain(rotated.key);
    expect(await entries(runtime)).toContainEqual(
      expect.objectContaining({
        action: 'api_key.rotated',
        apiKeyId: apiKey.id,
        details: expect.objectContaining({ replaced_by: rotated.apiKey.id, overlap_hours: 2 }),
      }),
    );
    expect([await isAccepted(key), await isAccepted(rotated.key)]).toEqual([true, true]);
    await database.db
      .update(apiKeys)
      .set({ expiresAt: sql`now() - interval '1 second'` })
      .where(eq(apiKeys.id, apiKey.id));
    expect([await isAccepted(key), await isAccepted(rotated.key)]).toEqual([false, true]);
  });

  test('lives as long as the old one did, and never makes the old one live longer', async () => {
    const admin = await addFreshAdministrator(runtime);
    const soon = new Date(Date.now() + 3_600_000);
    const { apiKey } = await createApiKey(admin, { ...made, expiresAt: soon });
    const rotated = await rotateApiKey(admin, { id: apiKey.id, overlapHours: 720 });
    expect(rotated.old.expiresAt).toEqual(soon);
    const life = (rotated.apiKey.expiresAt?.getTime() ?? 0) - rotated.apiKey.createdAt.getTime();
    expect(Math.abs(life - 3_600_000)).toBeLessThan(10_000);
  });

  test('ends at once without an overlap', async () => {
    const { admin, key, apiKey } = await addKey();
    const rotated = await rotateApiKey(admin, { id: apiKey.id, overlapHours: 0 });
    expect([await isAccepted(key), await isAccepted(rotated.key)]).toEqual([false, true]);
  });
});

describe('rotating is refused', () => {
  test.each([
    ['a revoked key', 'revoked'],
    ['an expired key', 'expired'],
    ['a frozen key, whose freeze the new one would pass by', 'frozen'],
    ['a key that was rotated before', 'rotated'],
  ])('of %s', async (_, state) => {
    const { admin, apiKey } = await addKey();
    if (state === 'revoked') await revokeApiKey(admin, { id: apiKey.id });
    if (state === 'expired')
      await database.db
        .update(apiKeys)
        .set({ expiresAt: new Date(0) })
        .where(eq(apiKeys.id, apiKey.id));
    if (state === 'frozen') await freeze(admin, { scope: 'api_key', target: apiKey.id, reason: 'leaked' });
    if (state === 'rotated') await rotateApiKey(admin, { id: apiKey.id });
    const before = await database.db.$count(apiKeys);
    await expect(rotateApiKey(admin, { id: apiKey.id })).rejects.toMatchObject({ code: 'conflict' });
    expect(await database.db.$count(apiKeys)).toBe(before);
  });

  test('twice at once makes one key', async () => {
    const { admin, apiKey } = await addKey();
    const both = await Promise.allSettled([1, 2].map(() => rotateApiKey(admin, { id: apiKey.id })));
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('to everybody but administrators with a fresh sign-in', async () => {
    const { apiKey } = await addKey();
    for (const role of ['user', 'auditor'] as const) {
      const ctx = (await addPerson(runtime, { role })).ctx();
      await expect(rotateApiKey(ctx, { id: apiKey.id })).rejects.toMatchObject({ code: 'forbidden' });
    }
    const stale = (await addPerson(runtime, { role: 'administrator' })).ctx();
    await expect(rotateApiKey(stale, { id: apiKey.id })).rejects.toMatchObject({ code: 'step_up_required' });
  });
});

describe('the details of a key', () => {
  test('change, and the ledger says which and not what', async () => {
    const { admin, apiKey } = await addKey();
    const details = { name: 'reports', purpose: 'Sends the report by mail', owner: '' };
    expect(await setKeyDetails(admin, { id: apiKey.id, ...details })).toMatchObject({
      purpose: details.purpose,
      owner: null,
    });
    const changed = (await entries(runtime)).filter(
      ({ action, apiKeyId }) => action === 'api_key.changed' && apiKeyId === apiKey.id,
    );
    expect(changed.map(({ details }) => details)).toEqual([{ changed: ['purpose', 'owner'] }]);
    await setKeyDetails(admin, { id: apiKey.id, ...details });
    expect((await entries(runtime)).filter(({ apiKeyId }) => apiKeyId === apiKey.id)).toHaveLength(2);
  });

  test.each(['a\nb', 'a\u202eb', 'x'.repeat(201)])('are one line of plain text, not %j', async (purpose) => {
    const { admin, apiKey } = await addKey();
    const input = { id: apiKey.id, name: 'reports', purpose };
    await expect(setKeyDetails(admin, input)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('its page counts 30 days by day and provider, for readers only', async () => {
    const { admin, apiKey } = await addKey();
    const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
    await database.db.insert(keyDays).values([
      { apiKeyId: apiKey.id, day: day(0), provider: 'acme', reads: 5, refused: 1 },
      { apiKeyId: apiKey.id, day: day(3), provider: 'other', reads: 2, refused: 0 },
      { apiKeyId: apiKey.id, day: day(40), provider: 'acme', reads: 100, refused: 0 },
    ]);
    const { days, providers, madeBy } = await describeApiKey(admin, { id: apiKey.id });
    expect(days).toHaveLength(30);
    expect(days.at(-1)).toEqual({ day: day(0), reads: 5, refused: 1 });
    expect(providers).toEqual([
      { provider: 'acme', reads: 5, refused: 1 },
      { provider: 'other', reads: 2, refused: 0 },
    ]);
    expect(madeBy?.id).toBe(apiKey.createdBy);
    const person = (await addPerson(runtime)).ctx();
    await expect(describeApiKey(person, { id: apiKey.id })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(describeApiKey(admin, { id: 'key_none' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describeWithConnections('a freeze beside a rotation', () => {
  const othersWait = () => expect.poll(() => lockWaiters(database.db)).toBe(1);
  /** Runs something while another transaction holds the key's row. */
  async function beside<T>(keyId: string, act: () => Promise<T>, held: (tx: Db) => Promise<unknown> = async () => {}) {
    let running: Promise<T | unknown> = Promise.resolve();
    await withTransaction(database.db, async (tx) => {
      await tx.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, keyId)).for('update');
      await held(tx);
      running = act().catch((error: unknown) => error);
      await othersWait();
    });
    return running;
  }

  test('a rotation that waited for the freeze sees it', async () => {
    const { admin, apiKey } = await addKey();
    const set = {
      id: newId('frz'),
      scope: 'api_key' as const,
      target: apiKey.id,
      reason: 'leaked',
      createdBy: 'per_1',
    };
    const rotation = await beside(
      apiKey.id,
      () => rotateApiKey(admin, { id: apiKey.id }),
      (tx) => tx.insert(freezes).values(set),
    );
    expect(rotation).toMatchObject({ code: 'conflict' });
  });

  test('a freeze waits until a rotation is over', async () => {
    const { admin, apiKey } = await addKey();
    const over = { scope: 'api_key' as const, target: apiKey.id, reason: 'leaked' };
    expect(await beside(apiKey.id, () => freeze(admin, over))).toMatchObject({ target: apiKey.id });
  });
});
