import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '#lib/config/config';
import type { Context, Runtime } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { newId } from '#lib/ids';
import { disablePerson, enablePerson } from '#lib/people/disable';
import { setRole } from '#lib/people/set-role';
import { resolveSession } from '#lib/sign-in/sessions';
import { maySignIn, type SignInIdentity, signIn } from '#lib/sign-in/sign-in';
import { sharedDatabase } from '#tests/database';
import { addApplication, addFreshAdministrator, addPersonOf, as, createRuntime, entries } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
beforeAll(() => {
  runtime = createRuntime(database.current, []);
});

const configured = (variables: Record<string, string>) =>
  parseConfig({
    APP_URL: 'http://localhost:3000',
    SESSION_PASSWORD: 'x'.repeat(32),
    VAULT_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
    ...variables,
  });

/** Somebody who is not signed in, at a hub with these rules. */
function visitor(variables: Record<string, string> = {}): Context {
  const { signInAllow, adminEmails } = configured(variables);
  return { ...as(runtime, { type: 'anonymous' }), config: { ...runtime.config, signInAllow, adminEmails } };
}

/** Who signs in: each call is another subject, unless it is given. */
function identity(given: Partial<SignInIdentity> = {}): SignInIdentity {
  return {
    issuer: 'https://id.example',
    subject: newId('sub'),
    name: 'Ada',
    email: 'ada@example.com',
    emailVerified: true,
    ...given,
  };
}

const provider = { id: 'google', trustedEmail: true };
const rowOf = async (id: string) => (await database.db.select().from(people).where(eq(people.id, id)))[0];
const lastEntry = async () => (await entries(runtime)).at(-1);

describe('SIGN_IN_ALLOW', () => {
  test.each<[rules: string, provider: string, email: string | null, verified: boolean, allowed: boolean]>([
    ['google:*', 'google', null, false, true],
    ['google:*', 'okta', 'ada@example.com', true, false],
    ['google:ada@example.com', 'google', 'ada@example.com', true, true],
    ['google:ada@example.com', 'google', 'Ada@Example.COM', true, true],
    ['google:Ada@Example.com', 'google', 'ada@example.com', true, true],
    ['google:ada@example.com', 'google', 'ada@example.com', false, false],
    ['google:ada@example.com', 'okta', 'ada@example.com', true, false],
    ['google:ada@example.com', 'google', 'mallory@example.com', true, false],
    ['google:ada@example.com', 'google', 'ada@example.com.evil.example', true, false],
    ['google:@example.com', 'google', 'grace@example.com', true, true],
    ['google:@example.com', 'google', 'grace@example.com', false, false],
    ['google:@example.com', 'google', 'grace@sub.example.com', true, false],
    ['google:@example.com', 'google', 'grace@notexample.com', true, false],
    ['google:@example.com', 'google', 'grace@example.com@evil.example', true, false],
    ['google:@example.com', 'google', 'example.com', true, false],
    ['google:mark@example.com', 'google', 'mar\u212a@example.com', true, false],
    ['google:@kent.example', 'google', 'grace@\u212aent.example', true, false],
    ['google:@example.com', 'google', null, true, false],
    ['okta:@example.com,google:ada@home.example', 'google', 'ada@home.example', true, true],
    ['okta:@example.com,google:ada@home.example', 'google', 'ada@example.com', true, false],
  ])('%s, through %s as %s (verified: %s): %s', (rules, id, email, emailVerified, allowed) => {
    const { signInAllow } = configured({ SIGN_IN_ALLOW: rules });
    expect(maySignIn(signInAllow, id, identity({ email, emailVerified }))).toBe(allowed);
  });

  test('who is not allowed gets no person and no session, and the ledger says so', async () => {
    const who = identity({ email: 'mallory@evil.example' });
    const ctx = visitor({ SIGN_IN_ALLOW: 'google:@example.com' });
    await expect(signIn(ctx, { provider, identity: who })).rejects.toMatchObject({ code: 'sign_in_not_allowed' });
    expect(await database.db.select().from(people).where(eq(people.subject, who.subject))).toEqual([]);
    expect(await lastEntry()).toMatchObject({
      action: 'sign_in.refused',
      outcome: 'refused',
      code: 'sign_in_not_allowed',
    });
  });

  test('on loopback without rules everybody may sign in', async () => {
    const { personId } = await signIn(visitor(), {
      provider,
      identity: identity({ email: null, emailVerified: false }),
    });
    expect(await rowOf(personId)).toMatchObject({ role: 'user', adminByConfig: false });
  });
});

describe('who a person is', () => {
  test('the same issuer and subject is the same person, with the profile of today', async () => {
    const who = identity();
    const first = await signIn(visitor(), { provider, identity: who });
    const second = await signIn(visitor(), {
      provider,
      identity: { ...who, name: 'Ada L.', email: 'new@example.com' },
    });
    expect(second.personId).toBe(first.personId);
    expect(await rowOf(first.personId)).toMatchObject({ name: 'Ada L.', email: 'new@example.com' });
  });

  test.each<[string, Partial<SignInIdentity>]>([
    ['another subject', { subject: 'somebody-else' }],
    ['another issuer that asserts the same subject', { issuer: 'https://evil.example' }],
    ['the subject in another case', { subject: 'SUBJECT-A' }],
  ])('the same e-mail with %s is another person', async (_, other) => {
    const who = identity({ subject: 'subject-a' });
    const first = await signIn(visitor(), { provider, identity: who });
    const second = await signIn(visitor(), { provider, identity: { ...who, ...other } });
    expect(second.personId).not.toBe(first.personId);
  });

  test('two first sign-ins at once make one person and two sessions', async () => {
    const who = identity();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => signIn(visitor(), { provider, identity: who })));
    expect(new Set(outcomes.map(({ personId }) => personId)).size).toBe(1);
    expect(new Set(outcomes.map(({ session }) => session.id)).size).toBe(8);
  });
});

describe('ADMIN_EMAILS', () => {
  test.each<[string, string, boolean, Partial<SignInIdentity>, boolean]>([
    ['named, trusted and verified', 'ada@example.com', true, {}, true],
    ['in another case', 'ADA@example.com', true, { email: 'Ada@Example.com' }, true],
    ['from a provider whose e-mails are not trusted', 'ada@example.com', false, {}, false],
    ['not verified', 'ada@example.com', true, { emailVerified: false }, false],
    ['without an e-mail', 'ada@example.com', true, { email: null }, false],
    ['not named', 'grace@example.com', true, {}, false],
    ['of letters that look alike', 'mark@example.com', true, { email: 'mar\u212a@example.com' }, false],
    ['nobody named', '', true, { email: '' }, false],
  ])('%s', async (_, admins, trustedEmail, given, administrator) => {
    const { personId, session } = await signIn(visitor({ ADMIN_EMAILS: admins }), {
      provider: { id: 'google', trustedEmail },
      identity: identity(given),
    });
    expect((await rowOf(personId))?.adminByConfig).toBe(administrator);
    expect(await resolveSession(runtime, session.id)).toMatchObject({ role: administrator ? 'administrator' : 'user' });
    expect(session.seconds).toBe((administrator ? 12 : 168) * 3600);
  });

  test('is checked anew at each sign-in: who is named no more is demoted, in older sessions too', async () => {
    const who = identity();
    const before = await signIn(visitor({ ADMIN_EMAILS: 'ada@example.com' }), { provider, identity: who });
    const after = await signIn(visitor(), { provider, identity: who });
    for (const { session } of [before, after]) {
      expect(await resolveSession(runtime, session.id)).toMatchObject({ personId: after.personId, role: 'user' });
    }
    const changes = (await entries(runtime)).filter(({ action }) => action === 'person.role_changed').slice(-2);
    expect(changes.map(({ details }) => details)).toEqual([
      { administrator: true, by: 'ADMIN_EMAILS' },
      { administrator: false, by: 'ADMIN_EMAILS' },
    ]);
  });

  test('leaves a role that was granted here as it was', async () => {
    const who = identity();
    const { personId } = await signIn(visitor(), { provider, identity: who });
    await database.db.update(people).set({ role: 'auditor' }).where(eq(people.id, personId));
    await signIn(visitor({ ADMIN_EMAILS: 'ada@example.com' }), { provider, identity: who });
    const { session } = await signIn(visitor(), { provider, identity: who });
    expect(await resolveSession(runtime, session.id)).toMatchObject({ role: 'auditor' });
  });
});

describe('somebody disabled', () => {
  test('is refused at sign-in, with an entry that names them, and may come back when enabled', async () => {
    const admin = await addFreshAdministrator(runtime);
    const who = identity();
    const { personId } = await signIn(visitor(), { provider, identity: who });
    await disablePerson(admin, { id: personId, reason: 'left' });
    await expect(
      signIn(visitor({ ADMIN_EMAILS: 'ada@example.com' }), { provider, identity: who }),
    ).rejects.toMatchObject({ code: 'person_disabled' });
    expect(await lastEntry()).toMatchObject({ action: 'sign_in.refused', outcome: 'refused', code: 'person_disabled' });
    expect((await rowOf(personId))?.adminByConfig).toBe(false);
    const kept = await database.db
      .select({ ended: sessions.endedAt })
      .from(sessions)
      .where(eq(sessions.personId, personId));
    expect(kept).toEqual([{ ended: expect.any(Date) }]);
    await enablePerson(admin, { id: personId, reason: 'back' });
    expect((await signIn(visitor(), { provider, identity: who })).personId).toBe(personId);
  });
});

test('signing in takes a new session id each time and ends the one that the browser had', async () => {
  const first = await signIn(visitor(), { provider, identity: identity() });
  const actor = await resolveSession(runtime, first.session.id);
  if (!actor) throw new Error('not signed in');
  const second = await signIn({ ...visitor(), actor }, { provider, identity: identity() });
  expect(second.session.id).not.toBe(first.session.id);
  expect(await lastEntry()).toMatchObject({ action: 'sign_in.completed', actorId: null });
  expect(await resolveSession(runtime, first.session.id)).toBeNull();
  expect(await resolveSession(runtime, second.session.id)).toMatchObject({ personId: second.personId });
});

test('the database keeps no session id, only its hash', async () => {
  const { session } = await signIn(visitor(), { provider, identity: identity() });
  expect(Buffer.from(session.id, 'base64url')).toHaveLength(32);
  expect(JSON.stringify(await database.db.select().from(sessions))).not.toContain(session.id);
});

describe('people of an application', () => {
  const ids = { user: '42', tenant: 'acme', label: 'Ada' };

  test.each(['urn:grantkeep:application:', 'URN:Grantkeep:Application:', 'urn:GRANTKEEP:application:'])(
    'are nobody who signs in, even where a provider calls itself %s',
    async (prefix) => {
      const applicationId = await addApplication(runtime);
      const personId = await addPersonOf(runtime, applicationId, ids);
      const before = await rowOf(personId);
      const forged = identity({ issuer: `${prefix}${applicationId}`, subject: 'acme/42', email: 'boss@example.com' });
      const ctx = visitor({ ADMIN_EMAILS: 'boss@example.com', SIGN_IN_ALLOW: 'google:*' });
      for (const who of [ctx, visitor()])
        await expect(signIn(who, { provider, identity: forged })).rejects.toMatchObject({
          code: 'sign_in_not_allowed',
        });
      expect(await lastEntry()).toMatchObject({ action: 'sign_in.refused', code: 'sign_in_not_allowed' });
      expect(await rowOf(personId)).toEqual(before);
      const there = await database.db.select().from(people).where(eq(people.subject, 'acme/42'));
      expect(there.filter(({ issuer }) => issuer.endsWith(applicationId))).toHaveLength(1);
    },
  );

  test('are not the person with the same subject or name elsewhere, and hold on to their own', async () => {
    const applicationId = await addApplication(runtime);
    const personId = await addPersonOf(runtime, applicationId, { user: 'sub-7', label: 'ada@example.com' });
    const ctx = visitor({ ADMIN_EMAILS: 'ada@example.com' });
    const signedIn = await signIn(ctx, { provider, identity: identity({ subject: 'sub-7' }) });
    expect(signedIn.personId).not.toBe(personId);
    expect(await rowOf(personId)).toMatchObject({ adminByConfig: false, lastSignedInAt: null, email: null });
    expect(await rowOf(signedIn.personId)).toMatchObject({ adminByConfig: true, applicationId: null });
  });

  test.each([
    ['role', { role: 'administrator' as const }],
    ['rights of ADMIN_EMAILS', { adminByConfig: true }],
    ['sign-in', { lastSignedInAt: new Date() }],
    ['e-mail address', { email: 'ada@example.com' }],
  ])('cannot have a %s: the database refuses it', async (_, set) => {
    const personId = await addPersonOf(runtime, await addApplication(runtime), { user: newId('u') });
    await expect(database.db.update(people).set(set).where(eq(people.id, personId))).rejects.toThrow();
  });

  test('are given no role by an administrator', async () => {
    const personId = await addPersonOf(runtime, await addApplication(runtime), { user: newId('u') });
    const admin = await addFreshAdministrator(runtime);
    for (const role of ['administrator', 'auditor'] as const)
      await expect(setRole(admin, { id: personId, role })).rejects.toMatchObject({ code: 'conflict' });
    expect(await rowOf(personId)).toMatchObject({ role: 'user' });
  });
});
