import { once } from 'node:events';
import { expect, test } from '@playwright/test';
import { addApiKey, addConnection, addPerson } from '#tests/hub';
import { storyDatabase } from '../story-database.ts';
import { startHttpBalancer } from './http-balancer.ts';
import { startHubs } from './hubs.ts';
import { startLoad } from './load.ts';

test('three processes behind HAProxy are restarted one after the other under load without one failed call', async () => {
  const story = await storyDatabase('postgres');
  const direct = String(story.environment.DATABASE_URL);
  const environment = { DRAIN_GRACE_SECONDS: '5', TRUSTED_PROXIES: '127.0.0.1' };
  const { hubs, provider, runtimeAt, close } = await startHubs({ count: 3, databaseUrl: direct, environment });
  const balancer = await startHttpBalancer(hubs.map(({ port }) => port)).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  try {
    // Refreshed several times meanwhile, yet never over before a process that waits its turn can hand them out.
    provider.behaviour.expiresIn = 20;
    const runtime = runtimeAt(direct);
    const { id: personId } = await addPerson(runtime);
    const { key } = await addApiKey(runtime);
    const ids: string[] = [];
    for (let n = 0; n < 12; n++)
      ids.push(await addConnection(runtime, { personId, refreshToken: provider.grant(), expiresIn: 6 }));
    await expect.poll(balancer.up, { timeout: 60_000 }).toEqual(['hub1', 'hub2', 'hub3']);
    const load = startLoad(12, key, { urls: [balancer.url], ids });
    await load.given(100);

    for (const hub of hubs) {
      const served = await balancer.served();
      const ended = once(hub.child, 'exit');
      hub.child.kill('SIGTERM');
      await expect.poll(async () => (await fetch(`${hub.url}/readyz`)).status).toBe(503);
      expect(await ended).toEqual([0, null]);
      await hub.restart();
      await expect.poll(balancer.up, { timeout: 60_000 }).toEqual(['hub1', 'hub2', 'hub3']);
      await load.given(100);
      // No process was spared: each took calls, before and after.
      const now = await balancer.served();
      for (const [at, count] of now.entries()) expect(count).toBeGreaterThan(served[at] ?? 0);
    }

    const heard = await load.stop();
    expect([heard.failed, [...heard.later]]).toEqual([[], []]);
    expect(heard.given.length).toBeGreaterThan(400);
  } finally {
    await balancer.close();
    await close();
    await story.close();
  }
});
