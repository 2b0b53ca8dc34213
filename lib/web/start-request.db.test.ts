import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { type Runtime, systemContext } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';
import { ledger } from '#lib/db/schema/ledger';
import { rateLimits } from '#lib/db/schema/rate-limits';
import { openFrontDoor } from '#lib/door/front-door';
import { forget } from '#lib/process-parts';
import type { ProviderRecord } from '#lib/providers/record';
import { requireStepUp } from '#lib/sign-in/step-up';
import { contextFor } from '#lib/web/request-context';
import { demoHub } from '#tests/demo-hub';
import { addConnection, addPerson, entries } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'github', 'okta']);
beforeEach(() => hub.database.db.delete(rateLimits));

async function signedIn(): Promise<Visitor> {
  const visitor = new Visitor(hub.runtime);
  await visitor.signIn();
  return visitor;
}

const flowsIn = (visitor: Visitor) => visitor.jar.getAll().filter(({ name }) => /^gk_tx_(?!ended_)/.test(name));

test('the id of somebody else’s connection in a form reaches neither its history nor the flow', async () => {
  const { id: personId } = await addPerson(hub.runtime);
  const victim = await addConnection(hub.runtime, { personId });
  const mallory = await signedIn();
  for (const fields of [
    { intent: 'connect', provider: 'github' },
    { intent: 'sign_in', provider: 'demo' },
  ]) {
    expect((await mallory.start({ ...fields, connection_id: victim })).status).toBe(303);
  }
  expect((await mallory.start({ intent: 'reconnect', connection_id: victim })).headers.get('location')).toContain(
    'flow=not_found',
  );
  expect(await entries(hub.runtime, victim)).toEqual([]);
});

test.each<[string, Record<string, string>, status: number]>([
  ['no intent', { provider: 'github' }, 400],
  ['an intent that does not exist', { intent: 'own', provider: 'github' }, 400],
  ['a provider’s name that is too long', { intent: 'connect', provider: 'x'.repeat(65) }, 400],
  ['nothing', {}, 400],
])('a form with %s is refused where it stands', async (_, fields, status) => {
  const ada = await signedIn();
  const answer = await ada.start(fields);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('text/html');
  expect(flowsIn(ada)).toEqual([]);
});

test.each<[string, Record<string, string>, code: string]>([
  ['no provider', { intent: 'connect' }, 'unknown_provider'],
  ['a provider that is not configured', { intent: 'connect', provider: 'nowhere' }, 'unknown_provider'],
  ['a name that every object has', { intent: 'connect', provider: 'constructor' }, 'unknown_provider'],
  ['a provider for connecting only', { intent: 'sign_in', provider: 'github' }, 'unknown_provider'],
  ['no connection', { intent: 'reconnect' }, 'not_found'],
  ['an id with a zero byte', { intent: 'reconnect', connection_id: 'con_\0' }, 'not_found'],
])('a form with %s goes back to its page with the reason', async (_, fields, code) => {
  const ada = await signedIn();
  const answer = await ada.start({ return_to: '//evil.example', ...fields });
  expect(answer.status).toBe(303);
  const location = new URL(answer.headers.get('location') ?? '', hub.runtime.config.appUrl);
  expect([location.origin, location.searchParams.get('flow')]).toEqual([hub.runtime.config.appUrl.origin, code]);
  expect(location.pathname).toBe(fields.intent === 'sign_in' ? '/sign-in' : '/connections');
  expect(location.searchParams.get('ref')).toMatch(/^req_/);
  expect(flowsIn(ada)).toEqual([]);
});

test.each(['application/json', 'text/plain', 'multipart/form-data'])(
  'a body that is no form (%s) is refused',
  async (type) => {
    const ada = await signedIn();
    const answer = await ada.start({ intent: 'connect' }, { 'content-type': type });
    expect(answer.status).toBe(400);
  },
);

/**
 * A record that says «without PKCE» to the code that writes the request, and nothing of it to the code that checks the
 * request before it leaves.
 */
function losingPkce(record: ProviderRecord): ProviderRecord {
  let asked = 0;
  return Object.create(record, { dangerously_without_pkce: { get: () => asked++ === 0 } });
}

test('a request that would leave without PKCE does not leave, and raises an alert about its provider', async () => {
  const { providers } = hub.runtime;
  const github = providers.get('github');
  if (!github) throw new Error('there is no such provider');
  const faulty = { ...providers, get: (id: string) => (id === 'github' ? losingPkce(github) : providers.get(id)) };
  const runtime: Runtime = { ...hub.runtime, providers: faulty };
  const jobs = systemContext(runtime, 'jobs');
  const ada = new Visitor(runtime);
  await ada.signIn();
  const start = Date.now();
  await evaluateAlerts(jobs, { now: new Date(start - 60_000) });
  const answer = await ada.start({ intent: 'connect', provider: 'github' });
  expect(answer.headers.get('location')).toContain('flow=pkce_required');
  expect(flowsIn(ada)).toEqual([]);
  await runtime.refusals.flush(hub.database.db);
  await evaluateAlerts(jobs, { now: new Date(start + 60_000) });
  const found = await hub.database.db.select().from(alerts).where(eq(alerts.rule, 'without_pkce'));
  expect(found).toMatchObject([{ subject: 'github', severity: 'critical', state: 'open', count: 1 }]);
});

describe('rate limits', () => {
  // A minute's tries may take a busy machine longer than a minute.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  test('of an address say how long to wait, and count once in the ledger', async () => {
    const visitor = new Visitor(hub.runtime);
    const statuses: number[] = [];
    for (let n = 0; n < 65; n++) statuses.push((await visitor.start({ intent: 'sign_in', provider: 'demo' })).status);
    expect(new Set(statuses.slice(0, 60))).toEqual(new Set([303]));
    expect(new Set(statuses.slice(60))).toEqual(new Set([429]));
    const refused = await visitor.start({ intent: 'sign_in', provider: 'demo' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await hub.runtime.refusals.flush(hub.database.db);
    const rows = await hub.database.db.select().from(ledger).where(eq(ledger.code, 'rate_limited'));
    expect(rows).toMatchObject([{ action: 'request.refused', count: 6, ip: '203.0.113.0/24' }]);
  });

  test('that a flood from their network has used up keep no person from stepping up who is signed in', async () => {
    const grace = new Visitor(hub.runtime);
    await grace.signIn();
    const flood = new Visitor(hub.runtime);
    const callback = 'http://localhost:3000/oauth/callback?code=x&state=y';
    for (let n = 0; n < 121; n++) await flood.start({ intent: 'sign_in', provider: 'demo' });
    for (let n = 0; n < 241; n++) await flood.callback(callback);
    expect((await flood.start({ intent: 'sign_in', provider: 'demo' })).status).toBe(429);
    expect((await flood.callback(callback)).status).toBe(429);
    await grace.stepUp();
    expect((await requireStepUp(await grace.context())).proof).toBe('auth_time');
    const statuses: number[] = [];
    for (let n = 0; n < 60; n++) statuses.push((await grace.start({ intent: 'step_up' })).status);
    expect(statuses.at(-1)).toBe(429);
  });

  test('hold at the callback too, before anything is looked up', async () => {
    const visitor = new Visitor(hub.runtime);
    const url = 'http://localhost:3000/oauth/callback?code=x&state=y';
    const statuses = await Promise.all(Array.from({ length: 245 }, async () => (await visitor.callback(url)).status));
    expect(statuses.filter((status) => status === 400)).toHaveLength(240);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
  });
});

describe('what a request says of itself', () => {
  const headers = new Headers({
    'x-request-id': 'req_from_outside',
    'x-grantkeep-client-address': '198.51.100.66',
    'user-agent': 'Browser/1',
  });

  test('its address and id are believed only while server.ts stands in front', () => {
    forget('front-door');
    const alone = contextFor(hub.runtime, headers, { type: 'anonymous' });
    expect([alone.ip, alone.requestId]).toEqual([null, expect.stringMatching(/^req_[0-9a-z]{16}$/)]);
    openFrontDoor();
    try {
      const behind = contextFor(hub.runtime, headers, { type: 'anonymous' });
      expect([behind.ip, behind.requestId]).toEqual(['198.51.100.66', 'req_from_outside']);
    } finally {
      forget('front-door');
    }
  });

  test.each([
    ['Browser/1', 'Browser/1'],
    ['x'.repeat(300), 'x'.repeat(300)],
    ['x'.repeat(301), null],
    ['Browser\tfake', null],
    ['Br\u00f6wser', null],
    ['', null],
  ])('its user agent %.20s is kept as %.20s', (sent, kept) => {
    expect(contextFor(hub.runtime, new Headers({ 'user-agent': sent }), { type: 'anonymous' }).userAgent).toBe(kept);
  });
});
