import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { connectable, someone } from './steps.ts';

/**
 * The attacker's authorization server: it sends people on to an honest one with a challenge and a nonce of the attacker's
 * choice, and waits for the code at its token endpoint (RFC 9700 §4.4).
 */
async function maliciousServer() {
  const attack: { kept: URL | null; redeemed: string[] } = { kept: null, redeemed: [] };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://malicious');
    if (url.pathname === '/authorize' && attack.kept) {
      const bent = new URL(attack.kept);
      bent.searchParams.set('state', url.searchParams.get('state') ?? '');
      response.writeHead(302, { location: bent.href }).end();
      return;
    }
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (url.pathname === '/token') attack.redeemed.push(body);
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { attack, origin, close };
}

/** The attacker presses Connect and keeps the authorization request, for which they need no page. */
async function begin({ request }: Page, origin: string, provider: string): Promise<URL> {
  const form = { intent: 'connect', provider, return_to: '/connections' };
  const started = await request.post('/oauth/start', { headers: { origin }, form, maxRedirects: 0 });
  return new URL(started.headers().location ?? '');
}

test('a malicious provider gets no code of an honest one, whichever it sends people to', async ({
  app,
  demo,
  switchProvider,
  signedIn,
  expectedConsole,
}) => {
  expectedConsole.push(/status of 400/);
  const malicious = await maliciousServer();
  const file = String(app.environment.PROVIDERS_FILE);
  const before = readFileSync(file, 'utf8');
  const record = {
    id: 'malicious',
    name: 'Malicious',
    issuer: malicious.origin,
    authorization_endpoint: `${malicious.origin}/authorize`,
    token_endpoint: `${malicious.origin}/token`,
    userinfo_endpoint: `${malicious.origin}/userinfo`,
    client_id: 'hub',
    client_secret: 'not-a-real-secret',
  };
  await app.end();
  writeFileSync(file, JSON.stringify([...JSON.parse(before), record]), { mode: 0o600 });
  await app.start();
  try {
    const attacker = await signedIn(someone('Mallory'));
    const victim = await signedIn(someone('Victim'));
    await victim.goto('/connections');
    const rounds = connectable.flatMap((provider) => [true, false].map((withIss) => ({ provider, withIss })));
    for (const { provider, withIss } of rounds) {
      await test.step(`${provider}, ${withIss ? 'with' : 'without'} iss`, async () => {
        const account = someone('Account');
        await switchProvider(provider, { omit_iss: !withIss }, account);
        malicious.attack.kept = await begin(attacker, app.url, provider);
        const exchanges = demo.server(provider).counts.code_exchanges;
        await victim.getByRole('button', { name: 'Connect Malicious', exact: true }).click();
        await victim.getByLabel('Another account').fill(account);
        await victim.getByRole('button', { name: 'Use this account' }).click();
        await victim.getByRole('button', { name: 'Allow' }).click();

        await expect(victim.getByRole('heading', { name: 'The request was refused' })).toBeVisible();
        await expect(victim.getByText('callback_mismatch')).toBeVisible();
        const landed = new URL(victim.url());
        expect(landed.pathname).toBe(`/oauth/callback/${provider}`);
        // The honest code came to the victim's browser, and went nowhere from there.
        expect(landed.searchParams.get('code')).toBeTruthy();
        expect(landed.searchParams.has('iss')).toBe(withIss);
        expect(malicious.attack.redeemed).toEqual([]);
        expect(demo.server(provider).counts.code_exchanges).toBe(exchanges);

        // The attacker's own flow cannot be ended with it either: its state belongs to another browser.
        landed.searchParams.set('state', malicious.attack.kept.searchParams.get('state') ?? '');
        await victim.goto(landed.href);
        await expect(victim.getByText('state_unknown')).toBeVisible();
        await victim.goto('/connections');
        await expect(victim.getByText('One account')).toHaveCount(0);
      });
    }
  } finally {
    await app.end();
    writeFileSync(file, before, { mode: 0o600 });
    await app.start();
    await malicious.close();
  }
});
