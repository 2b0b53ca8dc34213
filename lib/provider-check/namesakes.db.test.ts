import { describe, expect, test } from 'vitest';
import { demoProviderIds } from '#demo/switches';
import { systemContext } from '#lib/context';
import { checkProvider } from '#lib/provider-check/check-provider';
import { lastCheck } from '#lib/provider-check/last-check';
import { checkNames } from '#lib/provider-check/report';
import { demoHub } from '#tests/demo-hub';
import { entries } from '#tests/hub';

const hub = demoHub(demoProviderIds);

/** What every namesake passes; the rest depends on what it offers. */
const always = ['connection', 'authorization_endpoint', 'redirect_uri', 'token_endpoint', 'client_authentication'];

describe('checking the servers of the demo', () => {
  test.each(demoProviderIds)('%s passes, and is left as it was', async (provider) => {
    const ctx = systemContext(hub.runtime, 'test');
    const before = { ...hub.demo.server(provider).counts };
    const results = await checkProvider(ctx, { provider });
    expect(results.filter(({ result }) => result === 'fails')).toEqual([]);
    const passed = new Set(results.filter(({ result }) => result === 'passes').map(({ check }) => check));
    expect([...passed]).toEqual(expect.arrayContaining([...always, 'clock', 'revocation_endpoint']));
    for (const { check } of results) expect(Object.keys(checkNames)).toContain(check);
    // No person consented, and no code was exchanged.
    const after = hub.demo.server(provider).counts;
    expect([after.authorizations, after.refreshes]).toEqual([before.authorizations, before.refreshes]);

    const told = await lastCheck(ctx, provider);
    expect(told).toMatchObject({
      state: 'ended',
      startedBy: { id: 'test' },
      counts: { fails: 0, passes: passed.size },
    });
    expect(told?.results).toHaveLength(results.length);
    expect(await entries(hub.runtime)).toContainEqual(
      expect.objectContaining({ action: 'provider.checked', outcome: 'ok', actorId: 'test' }),
    );
  });

  test('no secret of the client is in what is stored, shown or logged', async () => {
    const ctx = systemContext(hub.runtime, 'test');
    for (const provider of demoProviderIds) {
      const results = await checkProvider(ctx, { provider });
      const seen = JSON.stringify([results, await lastCheck(ctx, provider), hub.runtime.logged]);
      expect(seen).not.toContain(hub.demo.server(provider).clientSecret);
      expect(seen).not.toMatch(/Basic [A-Za-z0-9+/=]{8,}/);
      expect(seen).not.toContain('[redacted]');
    }
  });
});
