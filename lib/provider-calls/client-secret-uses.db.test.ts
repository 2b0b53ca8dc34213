import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { clientSecretUses } from '#lib/db/schema/client-secret-uses';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { keepSecretUses } from '#lib/provider-calls/client-secret-uses';
import { describeProvider } from '#lib/provider-check/describe-provider';
import { clientSecrets } from '#lib/reviews/tasks/client-secrets';
import { startHeartbeat } from '#lib/status/heartbeat';
import { checkAt, recordFor } from '#tests/checked-provider';
import { sharedDatabase } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';
import { depsFor, pinnedOf } from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';
import { behaveWell } from '#tests/servers/well-behaved';

const database = sharedDatabase();
const secrets = { client_secret: 'the-new-secret', client_secret_previous: 'the-old-secret' };

/** A server that knows only the secret before the rotation, and a hub with both. */
async function startHub() {
  const server = await quirkyServer();
  server.on('POST /token', ({ body }) =>
    new URLSearchParams(body).get('client_secret') === secrets.client_secret_previous
      ? { json: { access_token: 'at', token_type: 'bearer' } }
      : { status: 401, json: { error: 'invalid_client' } },
  );
  const runtime = createRuntime(database.current, [
    { ...plainRecord(server.url), ...secrets, token_endpoint_auth_method: 'client_secret_post' },
  ]);
  const record = runtime.providers.get('acme');
  if (!record) throw new Error('no record');
  const refresh = () => refreshGrant(record, pinnedOf(server), { refreshToken: 'rt' }, depsFor(record));
  return { runtime, refresh, ctx: systemContext(runtime, 'test') };
}

describe('the uses of each client secret', () => {
  test('are added up by all processes, shown on the provider’s page and found by the review', async () => {
    const { runtime, refresh, ctx } = await startHub();
    const end = startHeartbeat(runtime);
    await refresh();
    await refresh();
    // A process that ends gives its counts away first.
    await end();
    await refresh();
    await keepSecretUses(runtime);
    await keepSecretUses(runtime);
    const { secrets: shown } = await describeProvider(ctx, { provider: 'acme' });
    expect(shown).toMatchObject([
      { which: 'current', counted: { uses: 0, lastUsedAt: null, refusals: 1 } },
      { which: 'previous', counted: { uses: 3, lastUsedAt: expect.any(Date), refusals: 0 } },
    ]);
    const stored = JSON.stringify(await database.db.select().from(clientSecretUses));
    expect(stored).not.toContain('secret"');
    const to = new Date();
    const found = await clientSecrets.find(ctx, { from: new Date(0), to });
    expect(found).toContainEqual(
      expect.objectContaining({ result: 'attention', found: expect.stringContaining('used it 3 times') }),
    );
  });

  test('that cannot be written wait for the next time', async () => {
    const { runtime, refresh, ctx } = await startHub();
    await database.db.delete(clientSecretUses);
    await refresh();
    await database.db.execute(sql`alter table client_secret_uses rename to out_of_reach`);
    await expect(keepSecretUses(runtime)).rejects.toThrow('client_secret_uses');
    await database.db.execute(sql`alter table out_of_reach rename to client_secret_uses`);
    await keepSecretUses(runtime);
    const { secrets: shown } = await describeProvider(ctx, { provider: 'acme' });
    expect(shown[1]?.counted?.uses).toBe(1);
  });

  test('hold none of a check, which says of each secret whether it is alive', async () => {
    const server = await quirkyServer();
    behaveWell(server);
    const before = await database.db.select().from(clientSecretUses);
    const record = { ...recordFor(server.url), client_secret_previous: 'ended already' };
    const results = await checkAt(database.current, record);
    expect(results).toContainEqual(expect.objectContaining({ check: 'client_authentication', result: 'passes' }));
    expect(results).toContainEqual(
      expect.objectContaining({
        check: 'previous_secret',
        result: 'passes',
        found: expect.stringContaining('is over'),
      }),
    );
    expect(await database.db.select().from(clientSecretUses)).toEqual(before);
  });
});
