import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { setKeyDetails } from '#lib/api-keys/set-key-details';
import { listServices } from '#lib/connections/services';
import { type Runtime, systemContext } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;

beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  await database.db.delete(apiKeys);
});

async function start() {
  const person = await addPerson(runtime);
  const id = await addConnection(runtime, { personId: person.id, expiresIn: 3600 });
  return { person, id, ctx: person.ctx() };
}

describe('S-09, S-10 the services of a connection', () => {
  test('are those that read it or may read it, with purpose and uses, the last reader first', async () => {
    const { id, ctx } = await start();
    const [reader, idle] = [await addApiKey(runtime, { name: 'archive' }), await addApiKey(runtime, { name: 'idle' })];
    await addApiKey(runtime, { name: 'lists only', scopes: ['connections:read'] });
    await setKeyDetails(systemContext(runtime, 'test'), {
      id: reader.id,
      name: 'archive',
      purpose: 'Keeps your invoices',
    });
    for (let n = 0; n < 3; n++) await vendToken(reader.ctx, { id });
    const { services, capped } = await listServices(ctx, { id });
    expect(services).toMatchObject([
      { name: 'archive', purpose: 'Keeps your invoices', mayRead: true, days: [0, 0, 0, 0, 0, 0, 3] },
      { id: idle.id, name: 'idle', purpose: null, mayRead: true, lastReadAt: null },
    ]);
    expect(services[0]?.lastReadAt).toBeInstanceOf(Date);
    expect(capped).toBe(false);
  });

  test('a key that was revoked or covers another provider is named only where it read', async () => {
    const { id, ctx } = await start();
    const [reader, unused] = [
      await addApiKey(runtime, { name: 'reader' }),
      await addApiKey(runtime, { name: 'unused' }),
    ];
    await vendToken(reader.ctx, { id });
    for (const { id: key } of [reader, unused])
      await database.db.update(apiKeys).set({ revokedAt: new Date() }).where(eq(apiKeys.id, key));
    const other = await addApiKey(runtime, { name: 'other' });
    await database.db
      .update(apiKeys)
      .set({ providers: ['another'] })
      .where(eq(apiKeys.id, other.id));
    const { services } = await listServices(ctx, { id });
    expect(services).toMatchObject([{ name: 'reader', mayRead: false }]);
  });

  test('are nobody’s business but the owner’s and the readers’', async () => {
    const { id } = await start();
    const other = (await addPerson(runtime)).ctx();
    await expect(listServices(other, { id })).rejects.toMatchObject({ code: 'not_found' });
    const key = await addApiKey(runtime, { scopes: ['connections:read'] });
    await expect(listServices(key.ctx, { id })).rejects.toMatchObject({ code: 'not_found' });
    const auditor = (await addPerson(runtime, { role: 'auditor' })).ctx();
    expect(await listServices(auditor, { id })).toBeDefined();
  });
});
