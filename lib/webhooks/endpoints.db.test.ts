import { eq } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { createWebhook } from '#lib/webhooks/create';
import { listWebhooks } from '#lib/webhooks/list';
import { removeWebhook } from '#lib/webhooks/remove';
import { rotateWebhookSecret } from '#lib/webhooks/rotate-secret';
import { testWebhook } from '#lib/webhooks/send-test';
import { setWebhookEnabled } from '#lib/webhooks/set-enabled';
import { addPerson, asNobody, entries } from '#tests/hub';
import { webhookHub } from '#tests/webhook-hub';

const { database, receiver, hubWith } = webhookHub();

describe('endpoints', () => {
  test.each([
    'http://hooks.example.com/',
    'https://10.0.0.5/',
    'https://169.254.169.254/',
    'https://localhost/',
    'http://127.0.0.1:1/',
    'https://u:p@hooks.example.com/',
    'nonsense',
  ])('%s is refused when it is written', async (url) => {
    const { admin } = await hubWith();
    await expect(createWebhook(admin, { name: 'x', url })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await listWebhooks(admin)).toEqual([]);
  });

  test('a name that leads to an internal address is refused when it is called', async () => {
    const hook = await receiver();
    const { runtime, admin } = await hubWith();
    const { id } = await createWebhook(admin, { name: 'x', url: 'https://hooks.example.com/' });
    const sealed = { url: hook.url };
    await database.db.update(webhookEndpoints).set(sealed).where(eq(webhookEndpoints.id, id));
    expect(await testWebhook(admin, { id })).toMatchObject({ status: null, code: 'outbound_blocked' });
    expect(hook.got).toEqual([]);
    expect(runtime.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('after a rotation both secrets verify for a day, then the new one alone', async () => {
    const hook = await receiver();
    const { runtime, admin } = await hubWith(hook.host);
    const { id, secret: old } = await createWebhook(admin, { name: 'x', url: hook.url });
    const { secret, previousUntil } = await rotateWebhookSecret(admin, { id });
    expect(previousUntil.getTime() - Date.now()).toBeGreaterThan(23 * 3_600_000);
    await testWebhook(admin, { id });
    const [first] = hook.got;
    if (!first) throw new Error('nothing came');
    for (const one of [old, secret])
      expect(new Webhook(one).verify(first.body, first.headers)).toMatchObject({ type: 'webhook.test' });
    await database.db.update(webhookEndpoints).set({ previousUntil: new Date(Date.now() - 1000) });
    await testWebhook(admin, { id });
    const second = hook.got[1];
    if (!second) throw new Error('nothing came');
    expect(() => new Webhook(old).verify(second.body, second.headers)).toThrow();
    expect(new Webhook(secret).verify(second.body, second.headers)).toBeDefined();
    expect(JSON.stringify(await database.db.select().from(webhookEndpoints))).not.toContain('whsec_');
    expect(JSON.stringify([await listWebhooks(admin), runtime.logged, await entries(runtime)])).not.toContain('whsec_');
  });

  test('administrators change them, auditors look, nobody else gets near', async () => {
    const { runtime, admin } = await hubWith();
    const { id } = await createWebhook(admin, { name: 'x', url: 'https://hooks.example.com/secret' });
    const person = await addPerson(runtime);
    const changes = [
      (ctx: typeof admin) => createWebhook(ctx, { name: 'y', url: 'https://hooks.example.com/' }),
      (ctx: typeof admin) => rotateWebhookSecret(ctx, { id }),
      (ctx: typeof admin) => setWebhookEnabled(ctx, { id, enabled: false }),
      (ctx: typeof admin) => testWebhook(ctx, { id }),
      (ctx: typeof admin) => removeWebhook(ctx, { id }),
    ];
    for (const change of changes) {
      for (const ctx of [person.ctx('user'), person.ctx('auditor')])
        await expect(change(ctx)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(change(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    // The path may be what lets a message in.
    expect(await listWebhooks(person.ctx('auditor'))).toMatchObject([{ url: 'https://hooks.example.com' }]);
    expect(await listWebhooks(admin)).toMatchObject([{ url: 'https://hooks.example.com/secret' }]);
    await expect(listWebhooks(person.ctx('user'))).rejects.toMatchObject({ code: 'forbidden' });
    await removeWebhook(admin, { id });
    await expect(removeWebhook(admin, { id })).rejects.toMatchObject({ code: 'not_found' });
  });
});
