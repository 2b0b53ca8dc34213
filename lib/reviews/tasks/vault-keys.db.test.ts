import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { vaultKeys as table } from '#lib/db/schema/vault-keys';
import { vaultKeys } from '#lib/reviews/tasks/vault-keys';
import { localRoot } from '#lib/vault/root';
import { createVault } from '#lib/vault/vault';
import { startDataKeys } from '#lib/vault-keys/data-keys';
import { checkVaultKeys } from '#lib/vault-keys/vault-keys';
import { sharedDatabase } from '#tests/database';
import { createRuntime } from '#tests/hub';

const database = sharedDatabase();
beforeEach(async () => {
  await database.db.execute(sql`truncate vault_keys, vault_wrappings, processes cascade`);
});

/** A hub that has sealed with a key of VAULT_KEYS, then with a data key under it. */
async function hub() {
  const keys = [{ kid: 'k1', key: new Uint8Array(32).fill(1) }];
  const bare = createRuntime(database.current, []);
  const config = { ...bare.config, vaultKeys: keys };
  const runtime = { ...bare, config, vault: createVault(keys), keyRoots: keys.map(localRoot) };
  await checkVaultKeys(runtime);
  await startDataKeys(runtime);
  return { ctx: systemContext(runtime, 'test'), seals: runtime.vault.sealsWith() ?? '' };
}
const change = (kid: string, set: Partial<typeof table.$inferInsert>) =>
  database.db.update(table).set(set).where(eq(table.kid, kid));
const ago = (days: number) => new Date(Date.now() - days * 86_400_000);

describe('the review of vault keys', () => {
  test('tells of the data key that seals, and of the root key that wraps it', async () => {
    const { ctx, seals } = await hub();
    const found = () => vaultKeys.find(ctx, { from: ago(90), to: new Date() });
    expect(await found()).toEqual([
      { subject: 'k1', result: 'fine', found: 'Wraps the data keys; first used 0 days ago.' },
      { subject: seals, result: 'fine', found: 'Seals since 0 days.' },
    ]);
    await change('k1', { firstUsedAt: ago(900) });
    await change(seals, { firstUsedAt: ago(500), sealsFrom: ago(400) });
    expect(await found()).toMatchObject([
      { subject: 'k1', result: 'attention', propose: expect.stringContaining('root key') },
      {
        subject: seals,
        result: 'attention',
        found: 'Seals since 400 days.',
        propose: expect.stringContaining('Rotate'),
      },
    ]);
  });

  test.each<[string, Partial<typeof table.$inferInsert>, { result: string; found: RegExp }]>([
    [
      'an old key with values',
      { rows: { 'connections.access_token': 7 } },
      { result: 'attention', found: /^Only opens: 7 / },
    ],
    ['one without values', {}, { result: 'fine', found: /^Seals nothing new/ }],
    ['a retired one', { retiredAt: new Date() }, { result: 'fine', found: /^Retired/ }],
    ['one that a process lacked', { missingRows: 3 }, { result: 'attention', found: /3 rows need it/ }],
  ])('%s', async (_, set, { result, found }) => {
    const { ctx } = await hub();
    await database.db
      .insert(table)
      .values({ kid: 'dk.before', kind: 'data', firstUsedAt: ago(500), sealsFrom: ago(500), ...set });
    const [one] = await vaultKeys.find(ctx, { from: ago(90), to: new Date() });
    expect(one).toMatchObject({ subject: 'dk.before', result, found: expect.stringMatching(found) });
  });
});
