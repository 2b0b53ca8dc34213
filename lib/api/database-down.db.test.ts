import { expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { openPostgres } from '#lib/db/open';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, createRuntime, plainRecord, settle } from '#tests/hub';
import { openTcpGate } from '#tests/servers/tcp-gate';

describeWithConnections('a database that goes away and comes back', () => {
  const database = sharedDatabase();

  test('callers see a coded 503 with Retry-After, and then success, without a restart', async () => {
    const url = new URL(database.current.url ?? '');
    const gate = await openTcpGate({ host: url.hostname, port: Number(url.port) });
    url.port = String(gate.port);
    const throughGate = openPostgres(url.href, { max: 2 });
    const runtime = createRuntime(throughGate, [plainRecord('http://127.0.0.1:9')]);
    const api = createApi(async () => as(runtime, { type: 'anonymous' }));
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId });
    const { key } = await addApiKey(runtime);
    const vend = () =>
      api.request(`/api/v1/connections/${id}/token`, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
    expect((await vend()).status).toBe(200);

    await gate.shut();
    const refused = await vend();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'unavailable' });

    await gate.open();
    await expect.poll(async () => (await vend()).status).toBe(200);
    await settle(runtime);
    await throughGate.close();
    await gate.shut();
  });
});
