import { and, desc, eq, isNotNull, isNull } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { reviews } from '#lib/db/schema/reviews';
import { sessions } from '#lib/db/schema/sessions';
import { drillTask, runDrill } from '#lib/reviews/drill';
import { listUnattendedDrills } from '#lib/reviews/grant-for-drill';
import { openReviews } from '#lib/reviews/open-reviews';
import { demoHub } from '#tests/demo-hub';
import { addPerson, createRuntime, entries, rowOf, settle } from '#tests/hub';

const servers = ['google', 'github', 'salesforce', 'okta', 'auth0'] as const;
const hub = demoHub(['demo', ...servers]);

/** The hub with other records for the drill. */
const hubWith = (adapt: (record: Record<string, unknown>) => Record<string, unknown>) =>
  createRuntime(
    hub.database.current,
    hub.demo.providers.map((record) => adapt({ ...record })),
  );

describe('a drill without a person', () => {
  test.each(servers)('at %s makes a grant, ends it, and proves it dead', async (provider) => {
    const { runtime } = hub;
    const admin = await addPerson(runtime, { role: 'administrator' });
    await openReviews(systemContext(runtime, 'jobs'));
    const done = await runDrill(admin.ctx(), { provider });
    expect(done).toMatchObject({ provider, state: 'revoked_upstream', proof: 'proved' });
    expect([done.grantedMs, done.endedHereMs, done.provedMs]).toEqual(Array(3).fill(expect.any(Number)));
    const { personId, status } = await rowOf(runtime, done.connection);
    expect([personId === admin.id, status]).toEqual([false, 'revoked']);
    // The hub's real way: each step of it has its entry, and the session of the drill's person has ended.
    const told = (await entries(runtime)).filter(({ actorId }) => actorId === personId).map(({ action }) => action);
    expect(told).toEqual(expect.arrayContaining(['flow.started', 'connection.created', 'session.ended']));
    expect(await liveSessions(runtime)).toBe(0);
    // Other files of this worker may have left older ones.
    const ofDrills = runtime.database.db
      .select()
      .from(reviews)
      .where(and(eq(reviews.task, drillTask), isNotNull(reviews.findingsAt)));
    const [review] = await ofDrills.orderBy(desc(reviews.findingsAt)).limit(1);
    const finding = review?.findings?.items.find(({ subject }) => subject === provider);
    expect([finding?.result, finding?.figures?.map(({ name }) => name)]).toEqual([
      'fine',
      ['Grant made', 'Ended here', 'Provider told', 'Proved dead'],
    ]);
    await settle(runtime);
  });

  test('is the command line’s, too', async () => {
    const ctx = systemContext(hub.runtime, 'command line');
    expect(await runDrill(ctx, { provider: 'okta' })).toMatchObject({ proof: 'proved' });
  });

  test.each<[string, string, (record: Record<string, unknown>) => Record<string, unknown>, RegExp]>([
    ['no form for the page of consent', 'okta', atOkta([{ account: 'drill' }]), /gave no grant/],
    ['a form that the server refuses', 'okta', atOkta([{ account: '' }, { decision: 'allow' }]), /gave no grant/],
    ['a form that declines', 'okta', atOkta([{ account: 'drill' }, { decision: 'deny' }]), /declined|refused/i],
    ['no forms at all', 'okta', atOkta(undefined), /needs a person/],
    ['no way to sign in', 'okta', (one) => (one.id === 'demo' ? { ...one, drill_consent: undefined } : one), /needs a/],
  ])('ends without a grant where the record has %s', async (_, provider, adapt, message) => {
    const runtime = hubWith(adapt);
    const ctx: Context = systemContext(runtime, 'test');
    await expect(runDrill(ctx, { provider })).rejects.toMatchObject({ message: expect.stringMatching(message) });
    expect(await liveSessions(runtime)).toBe(0);
  });

  test('is offered where the records of the provider and of a sign-in say how', () => {
    expect([...listUnattendedDrills(systemContext(hub.runtime, 'test'))].toSorted()).toEqual([...servers].toSorted());
  });

  test('is an administrator’s', async () => {
    const auditor = await addPerson(hub.runtime, { role: 'auditor' });
    await expect(runDrill(auditor.ctx(), { provider: 'okta' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(runDrill(systemContext(hub.runtime, 'test'), { provider: 'nowhere' })).rejects.toMatchObject({
      code: 'unknown_provider',
    });
  });
});

/** Sessions of the drill's person that have not ended. */
function liveSessions(runtime: Runtime): Promise<number> {
  const drills = and(eq(sessions.userAgent, 'Grantkeep revocation drill'), isNull(sessions.endedAt));
  return runtime.database.db.$count(sessions, drills);
}

function atOkta(forms: unknown) {
  return (record: Record<string, unknown>) => (record.id === 'okta' ? { ...record, drill_consent: forms } : record);
}
