import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { freezes } from '#lib/db/schema/freezes';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { readAuthentication } from '#lib/sign-in/authentication';
import { readStepUp, requireStepUp } from '#lib/sign-in/step-up';
import { demoHub } from '#tests/demo-hub';
import { asNobody, createRuntime, entries, freeze } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'google']);
const required = { code: 'step_up_required', status: 403 };

/** The demo's sign-in server as one that says nothing of when somebody signed in. */
const silent = () =>
  createRuntime(
    hub.database.current,
    hub.demo.providers.map((record) => ({ ...record, ...(record.id === 'demo' ? { step_up: 'session_only' } : {}) })),
  );

async function stepUp(visitor: Visitor, account?: string, fields: Record<string, string> = {}) {
  const started = await visitor.start({ intent: 'step_up', return_to: '/admin/freezes', ...fields });
  const asked = new URL(started.headers.get('location') ?? '', 'http://localhost:3000');
  if (asked.pathname === '/step-up' || started.status !== 303) return { asked, answer: started };
  const url = await visitor.authorize(started, account ? { account } : {});
  return { asked, answer: await visitor.callback(url) };
}

const target = (answer: Response) => new URL(answer.headers.get('location') ?? '', 'http://localhost:3000');
const rowOf = async (publicId: string) =>
  (await hub.database.db.select().from(sessions).where(eq(sessions.publicId, publicId)))[0];
const age = (publicId: string, seconds: number) =>
  hub.database.db
    .update(sessions)
    .set({ authenticatedAt: sql`now() - make_interval(secs => ${seconds}::float8)` })
    .where(eq(sessions.publicId, publicId));

async function signedIn(runtime = hub.runtime, account = 'grace@demo.example') {
  const visitor = new Visitor(runtime);
  await visitor.signIn(account);
  const { actor } = await visitor.context();
  if (actor.type !== 'person') throw new Error('nobody is signed in');
  return { visitor, sessionId: actor.sessionId, personId: actor.personId };
}

describe('where the provider says when somebody signed in', () => {
  test('an ordinary sign-in does not count, one that was asked for with max_age does', async () => {
    const { visitor, sessionId, personId } = await signedIn();
    await expect(requireStepUp(await visitor.context())).rejects.toMatchObject(required);
    const { asked, answer } = await stepUp(visitor, 'grace@demo.example');
    expect(asked.searchParams.get('max_age')).toBe('60');
    expect(asked.searchParams.get('code_challenge_method')).toBe('S256');
    expect([answer.status, target(answer).pathname, target(answer).search]).toEqual([303, '/admin/freezes', '']);
    expect(await requireStepUp(await visitor.context())).toEqual({ proof: 'auth_time' });
    expect((await entries(hub.runtime)).at(-1)).toMatchObject({
      action: 'sign_in.stepped_up',
      actorId: personId,
      details: { session: sessionId, proof: 'auth_time' },
    });
  });

  test('the session goes on under another secret, and the one before is worth nothing', async () => {
    const { visitor, sessionId } = await signedIn();
    const before = new Map(visitor.jar.values);
    await stepUp(visitor, 'grace@demo.example');
    const { actor } = await visitor.context();
    expect(actor).toMatchObject({ type: 'person', sessionId });
    const thief = new Visitor(hub.runtime);
    for (const [name, value] of before) thief.jar.values.set(name, value);
    expect((await thief.context()).actor.type).toBe('anonymous');
  });

  test('it counts for five minutes, in this session only', async () => {
    const { visitor, sessionId } = await signedIn();
    await stepUp(visitor, 'grace@demo.example');
    await age(sessionId, 290);
    expect(await requireStepUp(await visitor.context())).toEqual({ proof: 'auth_time' });
    const other = await signedIn();
    await expect(requireStepUp(await other.visitor.context())).rejects.toMatchObject(required);
    await age(sessionId, 301);
    await expect(requireStepUp(await visitor.context())).rejects.toMatchObject(required);
  });

  test('another identity does not count, whoever it is, and nobody is signed in or out by it', async () => {
    const { visitor, sessionId, personId } = await signedIn();
    const { answer } = await stepUp(visitor, 'mallory@demo.example');
    expect(target(answer).pathname).toBe('/step-up');
    expect(target(answer).searchParams.get('flow')).toBe('step_up_other_account');
    expect(target(answer).searchParams.get('return_to')).toBe('/admin/freezes');
    expect((await visitor.context()).actor).toMatchObject({ personId, sessionId });
    await expect(requireStepUp(await visitor.context())).rejects.toMatchObject(required);
    expect((await entries(hub.runtime)).at(-1)).toMatchObject({
      action: 'flow.refused',
      code: 'step_up_other_account',
      actorId: personId,
      details: { intent: 'step_up' },
    });
  });

  test('it goes to where the person signs in, whatever the form says', async () => {
    const { visitor } = await signedIn();
    const { asked } = await stepUp(visitor, 'grace@demo.example', { provider: 'google' });
    expect(asked.origin).toBe(new URL(hub.demo.server('demo').issuer).origin);
  });

  test('an answer that was begun in another session is refused', async () => {
    const { visitor } = await signedIn();
    const url = await visitor.authorize(await visitor.start({ intent: 'step_up', return_to: '/admin/freezes' }), {
      account: 'grace@demo.example',
    });
    await visitor.signIn('grace@demo.example');
    const answer = await visitor.callback(url);
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('flow_other_person')]);
    await expect(requireStepUp(await visitor.context())).rejects.toMatchObject(required);
  });
});

test('elsewhere a sign-in of the last minutes counts, and is called what it is', async () => {
  const runtime = silent();
  const { visitor, sessionId } = await signedIn(runtime);
  expect(await requireStepUp(await visitor.context())).toEqual({ proof: 'session_only' });
  expect(await readStepUp(await visitor.context())).toMatchObject({
    fresh: { proof: 'session_only', until: expect.any(Date) },
    provider: { id: 'demo', proof: 'session_only' },
  });
  await age(sessionId, 301);
  expect((await readStepUp(await visitor.context())).fresh).toBeNull();
  const { asked } = await stepUp(visitor, 'grace@demo.example');
  expect(asked.searchParams.has('max_age')).toBe(false);
  expect(await requireStepUp(await visitor.context())).toEqual({ proof: 'session_only' });
});

test('nobody steps up who is not signed in', async () => {
  const { answer } = await stepUp(new Visitor(hub.runtime));
  expect(target(answer).searchParams.get('flow')).toBe('unauthenticated');
  await expect(requireStepUp(asNobody(hub.runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('the operator at the machine needs none', async () => {
  expect(await requireStepUp(systemContext(hub.runtime, 'cli'))).toEqual({ proof: 'operator' });
});

test('who may not sign in any more cannot step up either', async () => {
  const { visitor, personId } = await signedIn();
  const shut = { ...hub.runtime.config, signInAllow: [{ provider: 'demo', allow: { kind: 'email', email: 'x@y.z' } }] };
  const other = new Visitor({ ...hub.runtime, config: shut as typeof hub.runtime.config });
  for (const [name, value] of visitor.jar.values) other.jar.values.set(name, value);
  const { answer } = await stepUp(other, 'grace@demo.example');
  expect(target(answer).searchParams.get('flow')).toBe('sign_in_not_allowed');
  expect((await entries(hub.runtime)).at(-1)).toMatchObject({ code: 'sign_in_not_allowed', actorId: personId });
});

test('who is not in ADMIN_EMAILS any more is no administrator from then on', async () => {
  const { visitor, personId } = await signedIn();
  await hub.database.db.update(people).set({ adminByConfig: true }).where(eq(people.id, personId));
  expect((await visitor.context()).actor).toMatchObject({ role: 'administrator' });
  await stepUp(visitor, 'grace@demo.example');
  expect((await visitor.context()).actor).toMatchObject({ role: 'user' });
  expect((await entries(hub.runtime)).slice(-2)).toMatchObject([
    { action: 'person.role_changed', details: { administrator: false, by: 'ADMIN_EMAILS' } },
    { action: 'sign_in.stepped_up' },
  ]);
});

test('a session has no proof without a moment', async () => {
  const { sessionId } = await signedIn();
  expect(await rowOf(sessionId)).toMatchObject({ authenticatedAt: null, authenticationProof: null });
});

describe('under a freeze over everything', () => {
  test('one still signs in and steps up, or nobody could lift it; nothing is connected', async () => {
    await freeze(hub.runtime, 'everything');
    try {
      const { visitor } = await signedIn();
      expect(target((await stepUp(visitor, 'grace@demo.example')).answer).pathname).toBe('/admin/freezes');
      const started = await visitor.start({ intent: 'connect', provider: 'google', return_to: '/connections' });
      expect(target(started).searchParams.get('flow')).toBe('frozen');
    } finally {
      await hub.database.db.update(freezes).set({ liftedAt: sql`now()` });
    }
  });

  test('an answer that comes back is not exchanged: the provider is asked for nothing', async () => {
    const { visitor } = await signedIn();
    const started = await visitor.start({ intent: 'connect', provider: 'google', return_to: '/connections' });
    const url = await visitor.authorize(started, { account: 'grace@google.example' });
    await freeze(hub.runtime, 'provider', 'google');
    const asked = hub.demo.server('google').counts.token_requests;
    try {
      expect(target(await visitor.callback(url)).searchParams.get('flow')).toBe('frozen');
      expect(hub.demo.server('google').counts.token_requests).toBe(asked);
    } finally {
      await hub.database.db.update(freezes).set({ liftedAt: sql`now()` });
    }
  });
});

describe('how long ago somebody was authenticated', () => {
  const byTime = { step_up: 'auth_time' } as const;
  test.each([
    [byTime, { iat: 1000, auth_time: 940 }, { proof: 'auth_time', ageSeconds: 60 }],
    [byTime, { iat: 1000, auth_time: 1003 }, { proof: 'auth_time', ageSeconds: 0 }],
    [byTime, { iat: 1000 }, null],
    [byTime, { auth_time: 940 }, null],
    [byTime, { iat: 1000, auth_time: '940' }, null],
    [byTime, { iat: 1000, auth_time: Number.NaN }, null],
    [byTime, null, null],
    [{ step_up: 'session_only' }, { iat: 1000, auth_time: 0 }, { proof: 'session_only', ageSeconds: 0 }],
    [{ step_up: 'session_only' }, null, { proof: 'session_only', ageSeconds: 0 }],
  ] as const)('%j with %j', (provider, claims, expected) => {
    expect(readAuthentication(provider, claims)).toEqual(expected);
  });
});
