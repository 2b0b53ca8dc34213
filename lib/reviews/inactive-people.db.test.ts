import { eq, ne, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Runtime } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { inactivityNotices } from '#lib/db/schema/inactivity-notices';
import { people } from '#lib/db/schema/people';
import { listInactivePeople } from '#lib/reviews/inactive-people';
import { notifyInactive } from '#lib/reviews/notify-inactive';
import { notifyManyInactive } from '#lib/reviews/notify-many-inactive';
import { revokeInactive } from '#lib/reviews/revoke-inactive';
import { revokeManyInactive } from '#lib/reviews/revoke-many-inactive';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import {
  addApiKey,
  addApplication,
  addConnection,
  addFreshAdministrator,
  addPerson,
  addPersonOf,
  createRuntime,
  entries,
  noteUse,
  plainRecord,
  rowOf,
  settle,
} from '#tests/hub';
import { smtpServer } from '#tests/servers/smtp-server';

const database = sharedDatabase();
const dayMs = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * dayMs);

beforeEach(async () => {
  for (const table of [inactivityNotices, connections]) await database.db.delete(table);
  await database.db.execute(sql`truncate ledger`);
});

/** A hub that sends mail, with an administrator, and with a person and a connection of theirs that were silent for long. */
async function silentHub({ email = 'ada@example.com' as string | null, silentDays = 100 } = {}) {
  const smtp = await smtpServer();
  const plain = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  const mail = { smtpUrl: smtp.url, from: 'hub@example.com' };
  const runtime = { ...plain, config: { ...plain.config, mail, inactiveDays: 90, inactiveNoticeDays: 14 } };
  const administrator = await addFreshAdministrator(runtime);
  const { id: person } = await addPerson(runtime);
  const at = ago(silentDays);
  await database.db.update(people).set({ email, createdAt: at, lastSignedInAt: at }).where(eq(people.id, person));
  const id = await addConnection(runtime, { personId: person, values: { createdAt: at, connectedAt: at } });
  const states = async (now = new Date()) => {
    const { people: listed } = await listInactivePeople(administrator, { now });
    return listed.filter(({ person: one }) => one.id === person).map(({ state }) => state);
  };
  const tell = (daysAgo: number) => notifyInactive(administrator, { person }, { now: ago(daysAgo) });
  const end = () => revokeInactive(administrator, { person });
  return { smtp, runtime, administrator, person, id, states, tell, end };
}

/** Another person of that hub, silent for 200 days. */
async function silentPerson(runtime: Runtime): Promise<string> {
  const { id: person } = await addPerson(runtime);
  const at = ago(200);
  const email = `${person.toLowerCase().replaceAll('_', '-')}@example.com`;
  await database.db.update(people).set({ email, createdAt: at, lastSignedInAt: at }).where(eq(people.id, person));
  await addConnection(runtime, { personId: person, values: { createdAt: at, connectedAt: at } });
  return person;
}

type Hub = Awaited<ReturnType<typeof silentHub>>;

describe('an inactive person', () => {
  test('is told, has time, and then loses the connections, with an entry for each step', async () => {
    const { smtp, runtime, id, states, tell, end } = await silentHub({ silentDays: 200 });
    expect(await states()).toEqual(['untold']);
    await expect(end()).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/first/) });
    await tell(20);
    expect(smtp.mails.map(({ to }) => to)).toEqual([['ada@example.com']]);
    expect(smtp.mails[0]?.data).not.toMatch(/acme|con_|at_/);
    expect(await states(ago(15))).toEqual(['told']);
    expect(await states()).toEqual(['due']);
    await expect(tell(0)).rejects.toMatchObject({ code: 'conflict' });
    expect(await end()).toEqual({ revoked: 1 });
    await settle(runtime);
    expect((await rowOf(runtime, id)).status).toBe('revoked');
    expect(await states()).toEqual(['revoked']);
    await expect(end()).rejects.toMatchObject({ code: 'conflict' });
    const told = (await entries(runtime)).map(({ action }) => action);
    expect(told).toEqual(
      expect.arrayContaining(['person.inactivity_notified', 'connection.revoked', 'person.inactive_revoked']),
    );
  });

  test('keeps everything until the date', async () => {
    const { runtime, id, tell, end } = await silentHub();
    await tell(5);
    await expect(end()).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/time until/) });
    expect((await rowOf(runtime, id)).status).toBe('connected');
  });

  test.each<[string, (hub: Hub) => Promise<unknown>]>([
    ['signed in', ({ person }) => set(person, { lastSignedInAt: new Date() })],
    ['connected another account', ({ runtime, person }) => addConnection(runtime, { personId: person })],
    ['has a service that read a token', ({ runtime, id }) => noteUse(runtime, id, new Date())],
    [
      'has a service that is reading just now',
      async ({ runtime, id }) => vendToken((await addApiKey(runtime)).ctx, { id }),
    ],
    ['was disabled', ({ person }) => set(person, { disabledAt: new Date() })],
    ['signed in after the mail, however long ago', ({ person }) => set(person, { lastSignedInAt: ago(95) })],
  ])('keeps everything who %s', async (_, comeBack) => {
    const hub = await silentHub({ silentDays: 200 });
    await hub.tell(100);
    await comeBack(hub);
    await expect(hub.end()).rejects.toMatchObject({ code: 'conflict' });
    expect((await rowOf(hub.runtime, hub.id)).status).toBe('connected');
    await settle(hub.runtime);
    expect(await hub.states()).not.toContain('due');
  });

  test('is told again after they came back and fell silent once more', async () => {
    const { person, states, tell, end } = await silentHub({ silentDays: 400 });
    await tell(300);
    await set(person, { lastSignedInAt: ago(120) });
    expect(await states()).toEqual(['untold']);
    await expect(end()).rejects.toMatchObject({ message: expect.stringMatching(/first/) });
    await tell(20);
    expect(await end()).toEqual({ revoked: 1 });
  });
});

describe('the silent people of a list', () => {
  test('lose what they left, save one who came back and one who joined meanwhile', async () => {
    const { administrator, runtime, person, id, tell } = await silentHub({ silentDays: 200 });
    const [back, joined] = [await silentPerson(runtime), await silentPerson(runtime)];
    await tell(20);
    for (const one of [back, joined]) await notifyInactive(administrator, { person: one }, { now: ago(20) });
    const people = [person, back];
    await expect(revokeManyInactive(administrator, { people, expected: 3 })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await rowOf(runtime, id)).status).toBe('connected');
    await set(back, { lastSignedInAt: new Date() });
    expect(await revokeManyInactive(administrator, { people, expected: 2 })).toEqual({
      ...{ done: [person], left: [], expected: 0 },
      refused: [{ person: back, why: expect.stringMatching(/not inactive any more/) }],
    });
    await settle(runtime);
    const live = await database.db.select().from(connections).where(ne(connections.status, 'revoked'));
    expect(live.map(({ personId }) => personId).toSorted()).toEqual([back, joined].toSorted());
    const stale = await addPerson(runtime, { role: 'administrator' });
    await expect(revokeManyInactive(stale.ctx(), { people: [joined], expected: 1 })).rejects.toMatchObject({
      code: 'step_up_required',
    });
    const auditor = await addPerson(runtime, { role: 'auditor' });
    await expect(revokeManyInactive(auditor.ctx(), { people: [joined], expected: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(notifyManyInactive(auditor.ctx(), { people: joined })).rejects.toMatchObject({ code: 'forbidden' });
  });
});

test('people of an application are not among them: they have no sign-in and no address', async () => {
  const { runtime, administrator, person: listed } = await silentHub({ silentDays: 200 });
  const person = await addPersonOf(runtime, await addApplication(runtime), { user: '42' });
  await database.db
    .update(people)
    .set({ createdAt: ago(400) })
    .where(eq(people.id, person));
  await addConnection(runtime, { personId: person, values: { createdAt: ago(400), connectedAt: ago(400) } });
  const found = await listInactivePeople(administrator);
  const ids = found.people.map((one) => one.person.id);
  expect([ids.includes(listed), ids.includes(person)]).toEqual([true, false]);
  await expect(notifyInactive(administrator, { person })).rejects.toMatchObject({ code: 'conflict' });
  await expect(revokeInactive(administrator, { person })).rejects.toMatchObject({ code: 'conflict' });
});

describe('a notice', () => {
  test('counts only once the mail server took it, and the next try sends it', async () => {
    const { smtp, states, tell, end } = await silentHub({ silentDays: 200 });
    smtp.behaviour.refuses = true;
    await expect(tell(20)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await states()).toEqual(['untold']);
    await expect(end()).rejects.toMatchObject({ code: 'conflict' });
    smtp.behaviour.refuses = false;
    await tell(20);
    expect(await states()).toEqual(['due']);
  });

  test.each([
    null,
    'ada',
    'ada@example.com, eve@example.com',
    'Ada <ada@example.com>',
    'ada@example.com;eve@example.com',
  ])('is not sent to %s', async (email) => {
    const { smtp, states, tell } = await silentHub({ email });
    await expect(tell(0)).rejects.toMatchObject({ code: 'conflict' });
    expect([await states(), smtp.mails]).toEqual([['no_address'], []]);
  });

  test('goes out once, however many administrators send it at the same time', async () => {
    const { smtp, tell } = await silentHub();
    const tries = await Promise.allSettled([tell(0), tell(0), tell(0)]);
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(smtp.mails).toHaveLength(1);
  });

  test('from a clock that was ahead does not count', async () => {
    const { states, tell, end } = await silentHub({ silentDays: 3000 });
    await tell(-10);
    expect(await states()).toEqual(['untold']);
    await expect(end()).rejects.toMatchObject({ code: 'conflict' });
  });

  test('goes to all of a list: the others go on after a refusal, and a mail server that is away ends the batch', async () => {
    const { smtp, administrator, person, runtime } = await silentHub();
    const [absent, gone] = [await silentPerson(runtime), 'per_none'];
    const first = await notifyManyInactive(administrator, { people: [person, gone, absent, person] });
    expect(first).toEqual({ done: [person, absent], refused: [{ person: gone, why: expect.any(String) }], left: [] });
    expect(smtp.mails).toHaveLength(2);
    const again = await notifyManyInactive(administrator, { people: person });
    expect(again).toMatchObject({ done: [], refused: [{ person, why: expect.stringMatching(/told already/) }] });
    smtp.behaviour.refuses = true;
    const [one, other] = [await silentPerson(runtime), await silentPerson(runtime)];
    await expect(notifyManyInactive(administrator, { people: [one, other] })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await notifyManyInactive(administrator, { people: [gone, one, other] })).toMatchObject({
      done: [],
      left: [one, other],
    });
  });

  test('is an administrator’s to send, and the revocation needs a fresh sign-in', async () => {
    const { runtime, person, tell } = await silentHub({ silentDays: 200 });
    const auditor = await addPerson(runtime, { role: 'auditor' });
    const stale = await addPerson(runtime, { role: 'administrator' });
    for (const act of [notifyInactive, revokeInactive])
      await expect(act(auditor.ctx(), { person })).rejects.toMatchObject({ code: 'forbidden' });
    await tell(20);
    await expect(revokeInactive(stale.ctx(), { person })).rejects.toMatchObject({ code: 'step_up_required' });
    await expect(notifyInactive(stale.ctx(), { person: 'per_none' })).rejects.toMatchObject({ code: 'not_found' });
    expect((await listInactivePeople(auditor.ctx())).people.length).toBeGreaterThan(0);
    await expect(listInactivePeople((await addPerson(runtime)).ctx())).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('the database takes no revocation without one, whatever the code does', async () => {
    const { person } = await silentHub();
    const forged = { personId: person, begunAt: new Date(), notifiedBy: 'x', revokedAt: new Date() };
    await expect(database.db.insert(inactivityNotices).values(forged).execute()).rejects.toThrow();
  });
});

const set = (person: string, values: Partial<typeof people.$inferInsert>) =>
  database.db.update(people).set(values).where(eq(people.id, person)).execute();
