import { eq, type SQL, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Context, Role, Runtime } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { hashSecret } from '#lib/ids';
import { deletePerson } from '#lib/people/delete';
import { disablePerson } from '#lib/people/disable';
import { listSessions } from '#lib/people/list-sessions';
import { setRole } from '#lib/people/set-role';
import { endAllSessions, endSession } from '#lib/sign-in/end-session';
import { beginSession, type NewSession, purgeSessions, resolveSession } from '#lib/sign-in/sessions';
import { sharedDatabase } from '#tests/database';
import { addFreshAdministrator, addPerson, as, createRuntime, entries } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let admin: Context;
beforeAll(async () => {
  runtime = createRuntime(database.current, []);
  admin = await addFreshAdministrator(runtime);
});

const begin = (id: string, role: Role = 'user') =>
  beginSession(database.db, { ...as(runtime, { type: 'anonymous' }), userAgent: 'Browser/1' }, { id, role });

/** A person with a session, and what asks in it. */
async function signedIn(role: Role = 'user'): Promise<{ id: string; session: NewSession; ctx: Context }> {
  const { id } = await addPerson(runtime, { role });
  // The one that the harness gave them: these tests count.
  await database.db.delete(sessions).where(eq(sessions.personId, id));
  const session = await begin(id, role);
  return { id, session, ctx: await contextOf(session) };
}

async function contextOf(session: NewSession): Promise<Context> {
  const actor = await resolveSession(runtime, session.id);
  if (!actor) throw new Error('the session is over');
  return as(runtime, actor);
}

const alive = async (session: NewSession) => (await resolveSession(runtime, session.id)) !== null;
const change = (session: NewSession, set: Partial<Record<'lastSeenAt' | 'createdAt' | 'expiresAt', SQL>>) =>
  database.db
    .update(sessions)
    .set(set)
    .where(eq(sessions.idHash, hashSecret(session.id)));
const hoursAgo = (hours: number) => sql`now() - make_interval(secs => ${hours * 3600}::float8)`;

describe('limits by the database clock', () => {
  test.each<[Role, 'lastSeenAt' | 'createdAt', hours: number, expected: boolean]>([
    ['user', 'lastSeenAt', 11.9, true],
    ['user', 'lastSeenAt', 12.1, false],
    ['user', 'createdAt', 167.9, true],
    ['user', 'createdAt', 168.1, false],
    ['administrator', 'lastSeenAt', 0.9, true],
    ['administrator', 'lastSeenAt', 1.1, false],
    ['administrator', 'createdAt', 11.9, true],
    ['administrator', 'createdAt', 12.1, false],
    ['auditor', 'lastSeenAt', 1.1, false],
    ['auditor', 'createdAt', 12.1, false],
  ])('%s, %s %d hours ago: good is %s', async (role, column, hours, expected) => {
    const { session } = await signedIn(role);
    await change(session, { [column]: hoursAgo(hours) });
    expect(await alive(session)).toBe(expected);
  });

  test('the absolute end counts, however much the session is used', async () => {
    const { session } = await signedIn();
    await change(session, { expiresAt: hoursAgo(0.001) });
    expect(await alive(session)).toBe(false);
  });

  test('whoever becomes an administrator has the shorter limits at once', async () => {
    const { id, session } = await signedIn();
    await change(session, { lastSeenAt: hoursAgo(2) });
    expect(await alive(session)).toBe(true);
    await change(session, { lastSeenAt: hoursAgo(2) });
    await database.db.update(people).set({ adminByConfig: true }).where(eq(people.id, id));
    expect(await alive(session)).toBe(false);
    expect((await listSessions(admin, { personId: id })).items).toEqual([]);
  });

  test('a process whose own clock is wrong decides nothing', async () => {
    const { session } = await signedIn();
    const late = { ...runtime, now: () => new Date(Date.now() + 1000 * 3600 * 24 * 365) };
    expect(await resolveSession(late, session.id)).not.toBeNull();
  });

  test('use puts the idle limit off, noted once a minute', async () => {
    const { session } = await signedIn();
    const seen = async () =>
      (
        await database.db
          .select()
          .from(sessions)
          .where(eq(sessions.idHash, hashSecret(session.id)))
      )[0]?.lastSeenAt;
    await change(session, { lastSeenAt: hoursAgo(11) });
    const old = await seen();
    await alive(session);
    const fresh = await seen();
    expect(fresh?.getTime()).toBeGreaterThan(old?.getTime() ?? 0);
    await alive(session);
    expect(await seen()).toEqual(fresh);
  });
});

test.each(['', 'x', 'x'.repeat(10_000), "' or 1=1 --"])('an id that nobody was given (%#) is nobody', async (id) => {
  expect(await resolveSession(runtime, id)).toBeNull();
});

test('neither the hash nor the public id of a session signs in', async () => {
  const { session } = await signedIn();
  expect(await resolveSession(runtime, hashSecret(session.id))).toBeNull();
  expect(await resolveSession(runtime, session.publicId)).toBeNull();
});

describe('ending', () => {
  test('signing out ends the session at the next request, once in the ledger', async () => {
    const { session, ctx } = await signedIn();
    const count = (await entries(runtime)).length;
    await endSession(ctx, { publicId: session.publicId });
    await endSession(ctx, { publicId: session.publicId });
    expect(await alive(session)).toBe(false);
    const said = (await entries(runtime)).slice(count);
    expect(said).toMatchObject([{ action: 'session.ended', details: { session: session.publicId } }]);
  });

  test('signing out elsewhere leaves this session', async () => {
    const { id, session, ctx } = await signedIn();
    const elsewhere = await begin(id);
    await endSession(ctx, { publicId: elsewhere.publicId });
    expect([await alive(elsewhere), await alive(session)]).toEqual([false, true]);
  });

  test('signing out everywhere ends all', async () => {
    const { id, session, ctx } = await signedIn();
    const elsewhere = await begin(id);
    await endAllSessions(ctx);
    expect([await alive(elsewhere), await alive(session)]).toEqual([false, false]);
  });

  test('an administrator may end anyone’s session', async () => {
    const { session } = await signedIn();
    await endSession(admin, { publicId: session.publicId });
    expect(await alive(session)).toBe(false);
  });

  test.each<Role>(['user', 'auditor'])('as %s somebody else’s session cannot be found', async (role) => {
    const { session } = await signedIn();
    const other = await signedIn(role);
    await expect(endSession(other.ctx, { publicId: session.publicId })).rejects.toMatchObject({ code: 'not_found' });
    expect(await alive(session)).toBe(true);
  });

  test('without a session nothing can be ended or listed', async () => {
    const nobody = as(runtime, { type: 'anonymous' });
    await expect(endSession(nobody, { publicId: 'ses_x' })).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(endAllSessions(nobody)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(listSessions(nobody)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('disabling and deleting a person end their sessions at the next request', async () => {
    const one = await signedIn();
    await disablePerson(admin, { id: one.id, reason: 'left' });
    expect(await alive(one.session)).toBe(false);
    const two = await signedIn();
    await deletePerson(admin, { id: two.id, reason: 'asked' });
    expect(await alive(two.session)).toBe(false);
    expect(await database.db.select().from(sessions).where(eq(sessions.personId, two.id))).toEqual([]);
  });

  test('a session of a disabled person that was not ended is of no use either', async () => {
    const { id, session } = await signedIn();
    await database.db.update(people).set({ disabledAt: sql`now()` }).where(eq(people.id, id));
    expect(await alive(session)).toBe(false);
  });

  test('another role is effective at the next request', async () => {
    const { id, session } = await signedIn();
    await setRole(admin, { id, role: 'auditor' });
    expect(await resolveSession(runtime, session.id)).toMatchObject({ role: 'auditor' });
  });
});

describe('listing', () => {
  test('one’s own, the asking one marked, without ended ones and without secrets', async () => {
    const { id, session, ctx } = await signedIn();
    const elsewhere = await begin(id);
    const ended = await begin(id);
    await endSession(ctx, { publicId: ended.publicId });
    const { items: listed } = await listSessions(ctx);
    expect(new Map(listed.map(({ publicId, current }) => [publicId, current]))).toEqual(
      new Map([
        [session.publicId, true],
        [elsewhere.publicId, false],
      ]),
    );
    expect(listed[0]).toMatchObject({ ip: '203.0.113.7', userAgent: 'Browser/1' });
    expect(JSON.stringify(listed)).not.toMatch(new RegExp(`${session.id}|${hashSecret(session.id)}`));
  });

  test('somebody else’s for administrators and auditors only', async () => {
    const { id } = await signedIn();
    expect((await listSessions(admin, { personId: id })).items).toHaveLength(1);
    expect((await listSessions((await signedIn('auditor')).ctx, { personId: id })).items).toHaveLength(1);
    await expect(listSessions((await signedIn()).ctx, { personId: id })).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('sessions that have been over for a month are removed, others stay', async () => {
  const [live, ended, old] = [await signedIn(), await signedIn(), await signedIn()];
  await endSession(ended.ctx, { publicId: ended.session.publicId });
  await change(old.session, { expiresAt: hoursAgo(31 * 24) });
  await purgeSessions(admin);
  const kept = (await database.db.select({ id: sessions.publicId }).from(sessions)).map(({ id }) => id);
  expect(kept).toEqual(expect.arrayContaining([live.session.publicId, ended.session.publicId]));
  expect(kept).not.toContain(old.session.publicId);
});
