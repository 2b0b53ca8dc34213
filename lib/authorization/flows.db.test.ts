import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { claimRow } from '#lib/authorization/flow-rows';
import { purgeFlows } from '#lib/authorization/forget-flows';
import { type Runtime, systemContext } from '#lib/context';
import { flows } from '#lib/db/schema/flows';
import { ledger } from '#lib/db/schema/ledger';
import { rateLimits } from '#lib/db/schema/rate-limits';
import { hashSecret } from '#lib/ids';
import { endSession } from '#lib/sign-in/end-session';
import { demoHub } from '#tests/demo-hub';
import { Visitor } from '#tests/visitor';

const longScopes = Array.from(
  { length: 120 },
  (_, index) => `https://api.example/auth/${String(index).padStart(34, 'x')}`,
);
const hub = demoHub(['demo', 'github', 'okta']);
beforeEach(() => hub.database.db.delete(rateLimits));

/** The hub with a record that has every text as long as it may be. */
function verbose(scopes: readonly string[] = longScopes, endpoints: Record<string, string> = {}): Runtime {
  const { providers } = hub.runtime;
  const okta = providers.get('okta');
  if (!okta) throw new Error('there is no such provider');
  const long = { ...okta, scopes, ...endpoints };
  return {
    ...hub.runtime,
    providers: { ...providers, get: (id: string) => (id === 'okta' ? long : providers.get(id)) },
  };
}

async function signedIn(runtime: Runtime = hub.runtime): Promise<Visitor> {
  const visitor = new Visitor(runtime);
  await visitor.signIn('flows@example.com');
  return visitor;
}

const flowsIn = (visitor: Visitor) => visitor.jar.getAll().filter(({ name }) => name.startsWith('gk_tx_'));
const stateOf = (started: Response) => new URL(started.headers.get('location') ?? '').searchParams.get('state') ?? '';
const rowOf = async (state: string) =>
  (
    await hub.database.db
      .select()
      .from(flows)
      .where(eq(flows.id, hashSecret(state)))
  )[0];
/** The operator takes the provider out while its flow is under way. */
const forget = ({ runtime }: Visitor) =>
  Object.assign(runtime, { providers: { ...runtime.providers, get: () => undefined } });
const exchanges = () => hub.demo.server('github').counts.code_exchanges;

/** A browser with the same cookies. */
function twinOf(visitor: Visitor): Visitor {
  const twin = new Visitor(visitor.runtime);
  for (const [name, value] of visitor.jar.values) twin.jar.values.set(name, value);
  return twin;
}

describe('a record that is made anew while its flow is under way', () => {
  test.each([
    ['another client', { client_id: 'of-today' }],
    ['another server', { issuer: 'https://today.example' }],
    ['another server, named by a part of the account', { issuer: 'https://{shop}.today.example' }],
    ['another token endpoint', { token_endpoint: 'https://today.example/token' }],
  ])('%s: the code goes nowhere, and no secret with it', async (_what, changed) => {
    const visitor = await signedIn({ ...hub.runtime });
    const url = await visitor.authorize(await visitor.start({ intent: 'connect', provider: 'github' }));
    const { providers } = visitor.runtime;
    const record = providers.get('github');
    if (!record) throw new Error('there is no such provider');
    const get = (id: string) => (id === 'github' ? { ...record, ...changed } : providers.get(id));
    Object.assign(visitor.runtime, { providers: { ...providers, get } });
    const before = exchanges();
    expect((await visitor.callback(url)).headers.get('location')).toContain('flow=flow_expired');
    expect(exchanges()).toBe(before);
    expect(hub.demo.server('github').counts.token_requests).toBe(before);
  });
});

describe('P-25 values that no outsider makes long', () => {
  test('a flow’s cookie has the same few bytes, whatever the scopes and the return path', async () => {
    const ada = await signedIn(verbose());
    await ada.start({ intent: 'connect', provider: 'github' });
    for (let n = 0; n < 4; n++)
      await ada.start({ intent: 'connect', provider: 'okta', return_to: `/${'a'.repeat(499)}` });
    const held = flowsIn(ada);
    expect(held).toHaveLength(5);
    const lengths = held.map(({ name, value }) => name.length + value.length);
    for (const length of lengths) expect(length + '__Host-'.length).toBeLessThanOrEqual(700);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(5);
  });

  test('A-06 nor does a cookie grow with the endpoints, however long they are', async () => {
    const names = ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint', 'userinfo_endpoint', 'jwks_uri'];
    const endpoints = Object.fromEntries(names.map((name) => [name, `https://as.example/${'x'.repeat(1700)}`]));
    const ada = await signedIn(verbose(['openid'], endpoints));
    await ada.start({ intent: 'connect', provider: 'okta' });
    const [held] = flowsIn(ada);
    expect((held?.name.length ?? 0) + (held?.value.length ?? 0) + '__Host-'.length).toBeLessThanOrEqual(700);
  });

  test('an address that hardly any server takes begins nothing, and says so', async () => {
    const at = (count: number) =>
      Array.from({ length: count }, (_, n) => `https://api.example/auth/${String(n).padStart(34, 'x')}`);
    const ada = await signedIn(verbose(at(300)));
    const started = await ada.start({ intent: 'connect', provider: 'okta' });
    expect(new URL(started.headers.get('location') ?? '').searchParams.get('scope')?.split(' ')).toHaveLength(300);
    const bob = await signedIn(verbose(at(400)));
    const before = bob.jar.getAll();
    const refused = await bob.start({ intent: 'connect', provider: 'okta' });
    expect(refused.headers.get('location')).toMatch(/^\/connections\?flow=provider_configuration/);
    expect(bob.jar.getAll()).toEqual(before);
    expect(hub.runtime.logged.map((line) => JSON.stringify(line)).join()).toMatch(
      /authorization URL of okta has 2\d{4} characters/,
    );
  });

  test('all else waits in the database, sealed for that flow alone, and goes when it is used', async () => {
    const ada = await signedIn();
    const [one, two] = [
      await ada.start({ intent: 'connect', provider: 'github' }),
      await ada.start({ intent: 'connect', provider: 'github', return_to: '/canary-path' }),
    ];
    const row = await rowOf(stateOf(two));
    expect(JSON.stringify(row)).not.toMatch(/canary|github/);
    expect(row?.id).not.toBe(stateOf(two));
    // Moved to another flow's row it opens nothing.
    const url = await ada.authorize(one);
    await hub.database.db
      .update(flows)
      .set({ sealed: row?.sealed ?? null })
      .where(eq(flows.id, hashSecret(stateOf(one))));
    expect((await ada.callback(url)).status).toBe(500);
    expect((await ada.callback(await ada.authorize(two))).headers.get('location')).toMatch(/^\/canary-path\?flow=/);
    expect(await rowOf(stateOf(two))).toMatchObject({ sealed: null, claimedAt: expect.any(Date) });
  });

  test('one browser’s flows do not pile up: twenty rows a session', async () => {
    const ada = await signedIn();
    const states: string[] = [];
    for (let n = 0; n < 24; n++) states.push(stateOf(await ada.start({ intent: 'connect', provider: 'github' })));
    const { actor } = await ada.context();
    const sessionId = actor.type === 'person' ? actor.sessionId : '';
    expect(await hub.database.db.$count(flows, eq(flows.sessionId, sessionId))).toBe(20);
    expect(await rowOf(states.at(-1) ?? '')).toBeDefined();
  });

  test('a row takes no more than 64 KiB, and none outlives its ten minutes', async () => {
    const values = { id: 'x', intent: 'sign_in' as const, expiresAt: sql`now() - interval '1 second'` };
    await expect(hub.database.db.insert(flows).values({ ...values, sealed: 'x'.repeat(65_537) })).rejects.toThrow();
    await hub.database.db.insert(flows).values({ ...values, sealed: 'x'.repeat(65_536) });
    await purgeFlows(systemContext(hub.runtime, 'test'));
    expect(await hub.database.db.$count(flows, eq(flows.id, 'x'))).toBe(0);
  });

  test('F-02 a flow whose process died with the answer stands in the ledger, once; one that ended does not', async () => {
    const ada = await signedIn();
    const [cut, ended, left] = [
      await ada.start({ intent: 'connect', provider: 'github' }),
      await ada.start({ intent: 'connect', provider: 'okta' }),
      await ada.start({ intent: 'connect', provider: 'okta' }),
    ];
    await claimRow(systemContext(hub.runtime, 'test'), stateOf(cut));
    await ada.callback(await ada.authorize(ended));
    await hub.database.db.insert(flows).values({
      id: 'claimed-by-a-former-build',
      intent: 'sign_in',
      claimedAt: sql`now()`,
      expiresAt: sql`now()`,
    });
    await hub.database.db.update(flows).set({ expiresAt: sql`now() - interval '1 second'` });
    await Promise.all([1, 2, 3].map(() => purgeFlows(systemContext(hub.runtime, 'test'))));
    expect(await hub.database.db.$count(flows)).toBe(0);
    expect(await rowOf(stateOf(left))).toBeUndefined();
    const { actor } = await ada.context();
    const entries = await hub.database.db
      .select({
        provider: ledger.provider,
        personId: ledger.personId,
        outcome: ledger.outcome,
        details: ledger.details,
      })
      .from(ledger)
      .where(eq(ledger.code, 'flow_interrupted'))
      .orderBy(ledger.provider);
    expect(entries).toEqual([
      {
        provider: 'github',
        personId: actor.type === 'person' ? actor.personId : '',
        outcome: 'failed',
        details: { intent: 'connect' },
      },
      { provider: null, personId: null, outcome: 'failed', details: { intent: 'sign_in' } },
    ]);
  });

  test('a flow of the former build, whose row is not there, is refused in words', async () => {
    const ada = await signedIn();
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
    await hub.database.db.delete(flows);
    const answer = await ada.callback(url);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('upgraded meanwhile');
    expect(exchanges()).toBe(0);
  });
});

describe('P-31 the same answer again', () => {
  test('a reload comes to the end of the first, also without the first one’s cookies', async () => {
    const ada = await signedIn();
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
    const before = twinOf(ada);
    const first = await ada.callback(url);
    const location = first.headers.get('location');
    expect(location).toContain('flow=');
    for (const browser of [ada, before, ada]) {
      const again = await browser.callback(url);
      expect([again.status, again.headers.get('location')]).toEqual([303, location]);
    }
    expect(exchanges()).toBe(1);
    // The rest in the browser can be unsealed to no verifier: it is shorter than a flow on its way.
    const [left] = flowsIn(ada);
    expect(left?.name).toMatch(/^gk_tx_ended_/);
  });

  test('two clicks at once end alike, with one exchange', async () => {
    const ada = await signedIn();
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
    const twin = twinOf(ada);
    const answers = await Promise.all([ada.callback(url), twin.callback(url)]);
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
    expect(exchanges()).toBe(1);
  });

  test('while the first is under way the page comes again by itself; one that was cut off says so', async () => {
    const ada = await signedIn();
    const started = await ada.start({ intent: 'connect', provider: 'github' });
    const url = await ada.authorize(started);
    const row = eq(flows.id, hashSecret(stateOf(started)));
    await hub.database.db.update(flows).set({ claimedAt: sql`now()`, sealed: null }).where(row);
    const running = await ada.callback(url);
    expect([running.status, running.headers.get('refresh')]).toEqual([200, '2']);
    await hub.database.db.update(flows).set({ claimedAt: sql`now() - interval '4 minutes'` }).where(row);
    const cut = await ada.callback(url);
    expect(cut.status).toBe(409);
    expect(await cut.text()).toContain('flow_interrupted');
    expect(exchanges()).toBe(0);
  });

  test.each<[string, (url: URL, visitor: Visitor) => void, number]>([
    [
      'a denial, on its card',
      (url) => {
        url.searchParams.delete('code');
        url.searchParams.set('error', 'access_denied');
      },
      303,
    ],
    ['another issuer, on a page', (url) => url.searchParams.set('iss', 'https://evil.example'), 400],
    [
      'another provider’s address, on a page',
      (url) => {
        url.pathname = '/oauth/callback/okta';
      },
      400,
    ],
    // A refusal that used the flow up has no link to begin again, so its second load needs none.
    ['two issuers, on a page', (url) => url.searchParams.append('iss', 'https://b.example'), 400],
    ['a provider that is gone, on a page', (_, ada) => forget(ada), 404],
  ])('a first that was refused is shown again: %s', async (_, change, status) => {
    const ada = await signedIn({ ...hub.runtime });
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
    const honest = url.href;
    change(url, ada);
    const first = await ada.callback(url);
    expect(first.status).toBe(status);
    const text = await first.text();
    for (const address of [url, honest]) {
      const again = await ada.callback(address);
      expect([again.status, again.headers.get('location')]).toEqual([status, first.headers.get('location')]);
      expect(await again.text()).toBe(text);
    }
    expect(hub.demo.server('github').counts.token_requests).toBe(0);
  });

  test('another browser gets nothing: neither without cookies, nor with another flow’s under that name', async () => {
    const [ada, mallory] = [await signedIn(), await signedIn()];
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
    const name = flowsIn(ada)[0]?.name ?? '';
    await ada.callback(url);
    expect((await mallory.callback(url)).status).toBe(400);
    await mallory.start({ intent: 'connect', provider: 'github' });
    mallory.jar.values.set(name, flowsIn(mallory)[0]?.value ?? '');
    const answer = await mallory.callback(url);
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  });

  test('nor does the same browser in another session', async () => {
    const ada = await signedIn();
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
    await ada.callback(url);
    await ada.signIn('next-person@example.com');
    expect((await ada.callback(url)).status).toBe(403);
  });

  test('a sign-in whose first answer was lost gives its session once more, while it lives', async () => {
    const ada = new Visitor(hub.runtime);
    const url = await ada.authorize(await ada.start({ intent: 'sign_in', provider: 'demo' }));
    const lost = twinOf(ada);
    await ada.callback(url);
    expect((await lost.context()).actor.type).toBe('anonymous');
    expect((await lost.callback(url)).status).toBe(303);
    const [first, second] = [(await ada.context()).actor, (await lost.context()).actor];
    expect(second).toEqual(first);
    // Signed out, the same answer signs no person in.
    await endSession(await ada.context(), { publicId: first.type === 'person' ? first.sessionId : '' });
    const late = twinOf(lost);
    late.jar.values.delete('gk_session');
    await late.callback(url);
    expect(late.jar.values.has('gk_session')).toBe(false);
  });
});

describe('P-32 an answer that was not asked for', () => {
  test.each([
    ['a denial', 'error=access_denied', 'you declined'],
    ['an application installed at the provider', 'code=x', 'begun at the provider'],
    ['the same with an empty state', 'code=x&state=', 'begun at the provider'],
    ['an installation without a code', 'installation_id=1&setup_action=install', 'begun at the provider'],
    ['nothing at all', '', 'carried no state'],
    ['a denial of an unknown flow', 'error=access_denied&state=unknown', 'did not begin in this browser'],
  ])('%s is refused, and the page says what it was and how to go on', async (_, query, words) => {
    const ada = await signedIn();
    const answer = await ada.callback(`http://localhost:3000/oauth/callback/github?${query}`);
    expect(answer.status).toBe(400);
    const html = await answer.text();
    expect(html).toContain(words);
    expect(html).toContain('<a href="/connect?provider=github">');
    expect(hub.demo.server('github').counts.token_requests).toBe(0);
  });
});
