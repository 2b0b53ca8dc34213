import { once } from 'node:events';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { expect, test } from '@playwright/test';
import { addApiKey, addConnection, addPerson, entries } from '#tests/hub';
import { storyDatabase } from '../story-database.ts';
import { startCaddy } from './caddy.ts';
import { startHubs } from './hubs.ts';

/** Asks for a token over TLS, with a certificate of Caddy's own authority. */
async function vendAt(url: string, key: string, id: string): Promise<{ status: number; token: unknown }> {
  const asked = request(`${url}/api/v1/connections/${id}/token`, {
    method: 'POST',
    rejectUnauthorized: false,
    // A client's own word of its address.
    headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': '203.0.113.66', 'content-length': 0 },
  });
  asked.end();
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, token: ((await json(response)) as { access_token?: string }).access_token };
}

test('two processes behind Caddy with TLS: one is restarted without a failed call, and no client names its own address', async () => {
  const story = await storyDatabase('postgres');
  const databaseUrl = String(story.environment.DATABASE_URL);
  const environment = { DRAIN_GRACE_SECONDS: '5', TRUSTED_PROXIES: '127.0.0.1,::1' };
  const { hubs, runtimeAt, close } = await startHubs({ count: 2, databaseUrl, environment });
  const caddy = await startCaddy(hubs.map(({ port }) => port)).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  try {
    const runtime = runtimeAt(databaseUrl);
    const { id: personId } = await addPerson(runtime);
    const { key } = await addApiKey(runtime);
    const id = await addConnection(runtime, { personId, accessToken: 'at-behind-caddy' });
    const vend = () => vendAt(caddy.url, key, id);
    await expect
      .poll(
        () =>
          vend().then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 60_000 },
      )
      .toBe(200);

    let going = true;
    const answers: number[] = [];
    const load = (async () => {
      while (going) answers.push((await vend()).status);
    })();
    const [hub] = hubs;
    if (!hub) throw new Error('no hub');
    const ended = once(hub.child, 'exit');
    hub.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await hub.restart();
    const before = answers.length;
    await expect.poll(() => answers.length).toBeGreaterThan(before + 20);
    going = false;
    await load;
    expect(new Set(answers)).toEqual(new Set([200]));
    expect((await vend()).token).toBe('at-behind-caddy');
    const vended = (await entries(runtime, id)).filter(({ action }) => action === 'token.vended');
    expect(new Set(vended.map(({ ip }) => ip)).has('203.0.113.66')).toBe(false);
    expect(vended.length).toBeGreaterThan(answers.length);
  } finally {
    await caddy.close();
    await close();
    await story.close();
  }
});
