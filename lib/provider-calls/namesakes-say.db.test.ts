import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { connections } from '#lib/db/schema/connections';
import { providerStops } from '#lib/db/schema/provider-stops';
import { type AppError, isAppError } from '#lib/errors';
import { revokeConnection } from '#lib/revocation/revoke';
import { vendToken } from '#lib/tokens/vend-token';
import { demoHub } from '#tests/demo-hub';
import { addApiKey, createRuntime, rowOf } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const providers = ['google', 'github', 'salesforce', 'okta', 'auth0'] as const;
type ProviderId = (typeof providers)[number];
const hub = demoHub(['demo', ...providers]);

let people = 0;
// Several people who are refused stop a provider; here each is alone.
beforeEach(async () => {
  await hub.database.db.delete(providerStops);
  await hub.database.db.update(connections).set({ refusedAt: null, refusedGeneration: null });
});

/** A hub that has met none of the refusals of the tests before. */
const freshRuntime = () =>
  createRuntime(
    hub.database.current,
    hub.demo.providers.map((record) => ({ ...record })),
  );

/** A new person's account, connected through the real flow. */
async function connected(provider: ProviderId) {
  const visitor = new Visitor(hub.runtime);
  people += 1;
  await visitor.signIn(`hears-${provider}-${people}@example.com`);
  const back = await visitor.connect(provider);
  return { visitor, id: back.searchParams.get('connection') ?? '' };
}

const expire = (id: string) =>
  hub.database.db
    .update(connections)
    .set({ accessTokenExpiresAt: sql`now() - interval '1 second'` })
    .where(eq(connections.id, id));

async function refusalOf(call: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await call.then(() => null).catch((error: unknown) => error);
  if (!isAppError(thrown)) throw new Error('It was not refused.');
  return thrown;
}

describe.each(providers)('%s: the token that is vended', (provider) => {
  test('is the one that it issued, with what was granted, and none after the connection ended', async () => {
    const { id, visitor } = await connected(provider);
    const { ctx } = await addApiKey(hub.runtime);
    const token = await vendToken(ctx, { id });
    expect(token.missingScopes).toEqual([]);
    expect(token.account.label).toMatch(/ada/);
    const headers = { authorization: `Bearer ${token.accessToken}`, connection: 'close' };
    const me = await fetch(`${hub.demo.resourceUrl}/${provider}/me`, { headers });
    expect(me.status).toBe(200);
    await revokeConnection(await visitor.context(), { id });
    expect((await refusalOf(vendToken(ctx, { id }))).code).toBe('revoked');
  });
});

const doubt = 'grant_in_doubt';
const ended = 'needs_reconnect';
const ours = 'provider_configuration';

describe('what a namesake says of a refresh, and what callers hear then and minutes later', () => {
  test.each<[ProviderId, Record<string, unknown>, said: string, heard: string, later: string]>([
    ['auth0', { token_error: 'mfa_required' }, 'mfa_required', doubt, ended],
    ['auth0', { token_error: 'invalid_client' }, 'access_denied', ours, ours],
    ['auth0', { token_error: 'invalid_grant' }, 'invalid_grant', doubt, ended],
    ['salesforce', { inactive_people: true }, 'invalid_grant', doubt, ended],
    ['salesforce', { token_error: 'invalid_client' }, 'invalid_client', ours, ours],
    ['okta', { token_error: 'invalid_client' }, 'invalid_client', ours, ours],
    ['okta', { token_error: 'invalid_grant' }, 'invalid_grant', doubt, ended],
    ['github', { token_error: 'invalid_grant' }, 'bad_refresh_token', doubt, ended],
    ['google', { token_error: 'invalid_grant' }, 'invalid_grant', doubt, ended],
  ])('%s %j', async (provider, switches, said, heard, later) => {
    const { id } = await connected(provider);
    await expire(id);
    Object.assign(hub.demo.server(provider).switches, switches);
    const vend = async () => vendToken((await addApiKey(freshRuntime())).ctx, { id });
    const refused = await refusalOf(vend());
    expect(refused).toMatchObject({ code: heard, cause: { providerError: said } });
    expect((await rowOf(hub.runtime, id)).status).toBe('connected');
    await hub.database.db
      .update(connections)
      .set({ refusedAt: sql`clock_timestamp() - interval '6 minutes'`, nextRefreshAttemptAt: null })
      .where(eq(connections.id, id));
    expect((await refusalOf(vend())).code).toBe(later);
  });

  test('Auth0’s second factor carries a secret that stays out of the log', async () => {
    const { id } = await connected('auth0');
    await expire(id);
    Object.assign(hub.demo.server('auth0').switches, { token_error: 'mfa_required' });
    const runtime = freshRuntime();
    await refusalOf(vendToken((await addApiKey(runtime)).ctx, { id }));
    expect(JSON.stringify(runtime.logged)).toContain('Multifactor authentication required');
    expect(JSON.stringify(runtime.logged)).not.toContain('Fe26.2');
  });

  test('Salesforce’s words about the person are in the log', async () => {
    const { id } = await connected('salesforce');
    await expire(id);
    Object.assign(hub.demo.server('salesforce').switches, { inactive_people: true });
    const runtime = freshRuntime();
    await refusalOf(vendToken((await addApiKey(runtime)).ctx, { id }));
    expect(JSON.stringify(runtime.logged)).toContain('inactive user');
  });

  test('Okta’s end of a limit, which it says without Retry-After, is when callers may come again', async () => {
    const { id } = await connected('okta');
    await expire(id);
    Object.assign(hub.demo.server('okta').switches, { token_status: 429, retry_after_s: 90 });
    const refused = await refusalOf(vendToken((await addApiKey(freshRuntime())).ctx, { id }));
    expect(refused.code).toBe('provider_unavailable');
    expect(refused.retryAfterSeconds).toBeGreaterThan(80);
    expect(refused.retryAfterSeconds).toBeLessThan(95);
    expect((await rowOf(hub.runtime, id)).status).toBe('connected');
  });
});
