import { count } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import type { Switches } from '#demo/switches';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { demoHub } from '#tests/demo-hub';
import { rowOf } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'google', 'github', 'okta']);

// Refusals that earlier tests folded must not come after this one's entries.
beforeEach(() => hub.runtime.refusals.flush(hub.database.db));

async function signedIn(): Promise<Visitor> {
  const visitor = new Visitor(hub.runtime);
  await visitor.signIn('refused@example.com');
  return visitor;
}

async function connectionCount(): Promise<number> {
  const [row] = await hub.database.db.select({ number: count() }).from(connections);
  return row?.number ?? 0;
}

/** The newest refusal in the ledger, after what was folded has been written. */
async function lastCode(): Promise<string | null | undefined> {
  await hub.runtime.refusals.flush(hub.database.db);
  const rows = await hub.database.db
    .select({ id: ledger.id, code: ledger.code, outcome: ledger.outcome })
    .from(ledger)
    .orderBy(ledger.id);
  const last = rows.filter((row) => row.outcome !== 'ok').at(-1);
  return last?.code;
}

const changeState = (url: URL) => {
  const state = url.searchParams.get('state') ?? '';
  url.searchParams.set('state', `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`);
};

const answers: [name: string, status: number, code: string, change: (url: URL) => void][] = [
  ['a tampered state', 400, 'state_unknown', changeState],
  ['a missing state', 400, 'state_missing', (url) => url.searchParams.delete('state')],
  ['an unknown state', 400, 'state_unknown', (url) => url.searchParams.set('state', 'x'.repeat(43))],
  ['state twice', 400, 'duplicate_parameter', (url) => url.searchParams.append('state', 'another')],
  ['code twice', 400, 'duplicate_parameter', (url) => url.searchParams.append('code', 'another')],
  ['iss twice', 400, 'duplicate_parameter', (url) => url.searchParams.append('iss', url.searchParams.get('iss') ?? '')],
  ['another iss', 400, 'iss_mismatch', (url) => url.searchParams.set('iss', 'https://evil.example')],
  ['no code', 303, 'missing_code', (url) => url.searchParams.delete('code')],
];

test.each(answers)('%s: nothing is stored and no token is asked for', async (_name, status, code, change) => {
  const ada = await signedIn();
  const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
  const before = await connectionCount();
  change(url);
  const answer = await ada.callback(url);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(await lastCode()).toBe(code);
  expect(await connectionCount()).toBe(before);
  expect(hub.demo.server('github').counts.token_requests).toBe(0);
  const text = await answer.text();
  const secret = url.searchParams.get('code');
  if (secret) expect(text).not.toContain(secret);
});

test('an error answer comes back to the card with its reason; the next try works', async () => {
  const ada = await signedIn();
  const url = await ada.authorize(
    await ada.start({ intent: 'connect', provider: 'google', return_to: '/connections' }),
    { deny: true },
  );
  const answer = await ada.callback(url);
  expect(answer.status).toBe(303);
  const back = new URL(answer.headers.get('location') ?? '', 'http://localhost:3000');
  expect(Object.fromEntries(back.searchParams)).toMatchObject({
    flow: 'access_denied',
    provider: 'google',
    ref: expect.stringMatching(/^req_/),
  });
  expect(await lastCode()).toBe('access_denied');
  expect(hub.demo.server('google').counts.token_requests).toBe(0);
  expect((await ada.connect('google')).searchParams.get('flow')).toBe('connected');
});

test('fifty callbacks at once with one state: one is exchanged, and all come to its end', async () => {
  const ada = await signedIn();
  const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
  const twins = Array.from({ length: 50 }, () => {
    const twin = new Visitor(hub.runtime);
    for (const [name, value] of ada.jar.values) twin.jar.values.set(name, value);
    return twin;
  });
  const answers = await Promise.all(twins.map((twin) => twin.callback(url)));
  const ends = answers.filter(({ status }) => status === 303).map(({ headers }) => headers.get('location'));
  expect(new Set(ends).size).toBe(1);
  // A crowd that is waited for too long is asked to come again.
  for (const answer of answers) if (answer.status !== 303) expect(answer.headers.get('refresh')).toBe('2');
  expect(hub.demo.server('github').counts.code_exchanges).toBe(1);
});

test('a callback in another browser is refused', async () => {
  const ada = await signedIn();
  const mallory = new Visitor(hub.runtime);
  await mallory.signIn('mallory@example.com');
  const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
  expect((await mallory.callback(url)).status).toBe(400);
  expect((await new Visitor(hub.runtime).callback(url)).status).toBe(400);
  expect(hub.demo.server('github').counts.token_requests).toBe(0);
  // It was not used up: the browser it belongs to still ends it.
  expect((await ada.callback(url)).status).toBe(303);
});

test('a flow begun by somebody else who was signed in here is refused', async () => {
  const browser = await signedIn();
  const url = await browser.authorize(await browser.start({ intent: 'connect', provider: 'github' }));
  await browser.signIn('next-person@example.com');
  const before = await connectionCount();
  expect((await browser.callback(url)).status).toBe(403);
  expect(await lastCode()).toBe('flow_other_person');
  expect(await connectionCount()).toBe(before);
});

test('a flow that took longer than ten minutes has expired', async () => {
  const ada = await signedIn();
  const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'github' }));
  const late = new Visitor({ ...hub.runtime, now: () => new Date(Date.now() + 601_000) });
  for (const [name, value] of ada.jar.values) late.jar.values.set(name, value);
  expect((await late.callback(url)).status).toBe(400);
  expect(await lastCode()).toBe('flow_expired');
});

test('mix-up: an answer of one server delivered for a flow at another is refused', async () => {
  const ada = await signedIn();
  const atOkta = await ada.authorize(await ada.start({ intent: 'connect', provider: 'okta' }));
  const atGoogle = await ada.start({ intent: 'connect', provider: 'google' });
  atOkta.searchParams.set('state', new URL(atGoogle.headers.get('location') ?? '').searchParams.get('state') ?? '');
  atOkta.searchParams.set('iss', String(hub.runtime.providers.get('okta')?.issuer));
  expect((await ada.callback(atOkta)).status).toBe(400);
  expect(await lastCode()).toBe('callback_mismatch');
  expect(hub.demo.server('google').counts.token_requests).toBe(0);
});

const lies: [switches: Partial<Switches>, flow: string, code: string][] = [
  [{ token_status: 500 }, 'provider_unavailable', 'provider_unavailable'],
  [{ token_body: 'html' }, 'token_answer_invalid', 'token_answer_invalid'],
  [{ token_body: 'empty' }, 'token_answer_invalid', 'token_answer_invalid'],
  [{ token_body: 'garbage' }, 'token_answer_invalid', 'token_answer_invalid'],
  [{ token_body: 'huge' }, 'token_answer_invalid', 'answer_too_large'],
  // No answer at all: the call ends after its ten seconds.
  [{ token_body: 'hang' }, 'provider_unavailable', 'provider_timeout'],
  [{ token_error: 'invalid_grant' }, 'exchange_refused', 'invalid_grant'],
  [{ token_error: 'invalid_client' }, 'provider_configuration', 'invalid_client'],
  [{ id_token: 'wrong_nonce' }, 'id_token_invalid', 'id_token_nonce'],
  [{ id_token: 'wrong_audience' }, 'id_token_invalid', 'id_token_audience'],
  [{ id_token: 'wrong_issuer' }, 'id_token_invalid', 'id_token_issuer'],
  [{ id_token: 'bad_signature' }, 'id_token_invalid', 'id_token_signature'],
  [{ id_token: 'alg_none' }, 'id_token_invalid', 'id_token_alg'],
];

test.each(lies)(
  'token endpoint with %j: back to the card as %s, in the ledger as %s, nothing stored',
  async (switches, flow, code) => {
    const ada = await signedIn();
    const url = await ada.authorize(await ada.start({ intent: 'connect', provider: 'google' }));
    Object.assign(hub.demo.server('google').switches, switches);
    const before = await connectionCount();
    const answer = await ada.callback(url);
    const back = new URL(answer.headers.get('location') ?? '', 'http://localhost:3000');
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ flow, provider: 'google' });
    expect(await lastCode()).toBe(code);
    expect(await connectionCount()).toBe(before);
  },
  40_000,
);

test('a start from another site, from a frame, or without a session is refused', async () => {
  const ada = await signedIn();
  for (const origin of ['https://evil.example', 'null', 'http://localhost:3001']) {
    expect((await ada.start({ intent: 'connect', provider: 'github' }, { origin })).status).toBe(403);
  }
  expect((await ada.start({ intent: 'connect', provider: 'github' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(
    403,
  );
  const anonymous = await new Visitor(hub.runtime).start({ intent: 'connect', provider: 'github' });
  expect(anonymous.headers.get('location')).toContain('flow=unauthenticated');
  expect(ada.jar.getAll().filter(({ name }) => /^gk_tx_(?!ended_)/.test(name))).toEqual([]);
});

test("somebody else's connection cannot be reconnected", async () => {
  const ada = await signedIn();
  const id = (await ada.connect('github')).searchParams.get('connection') ?? '';
  const before = await rowOf(hub.runtime, id);
  const mallory = new Visitor(hub.runtime);
  await mallory.signIn('mallory@example.com');
  const answer = await mallory.start({ intent: 'reconnect', connection_id: id });
  expect(answer.headers.get('location')).toContain('flow=not_found');
  expect(await rowOf(hub.runtime, id)).toEqual(before);
});

test('a provider that is none leaves no trace of its name in the ledger', async () => {
  const words = ['somebody@example.com', 'a\0b'];
  for (const provider of words) await new Visitor(hub.runtime).start({ intent: 'sign_in', provider });
  await hub.runtime.refusals.flush(hub.database.db);
  const rows = await hub.database.db.select({ code: ledger.code, provider: ledger.provider }).from(ledger);
  expect(rows.filter(({ code }) => code === 'unknown_provider')).toEqual([
    { code: 'unknown_provider', provider: null },
  ]);
});
