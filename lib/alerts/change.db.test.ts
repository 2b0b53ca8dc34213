import { beforeEach, describe, expect, test } from 'vitest';
import { acknowledgeAlert } from '#lib/alerts/acknowledge';
import { countOpenAlerts } from '#lib/alerts/count-open';
import { getAlert } from '#lib/alerts/get';
import { listAlerts } from '#lib/alerts/list';
import { noteOnAlert } from '#lib/alerts/note';
import { resolveAlert } from '#lib/alerts/resolve';
import type { Context } from '#lib/context';
import { alertEvents, alerts } from '#lib/db/schema/alerts';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addPerson, asNobody, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();

beforeEach(async () => {
  await database.db.delete(alerts);
});

async function hub() {
  const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  return { runtime, person: await addPerson(runtime, { name: 'Ada', role: 'administrator' }) };
}

async function given(id: string, values: Partial<typeof alerts.$inferInsert> = {}): Promise<string> {
  const openedAt = new Date('2026-11-22T12:00:00Z');
  await database.db.insert(alerts).values({
    id,
    rule: 'refresh_token_theft',
    subject: id,
    severity: 'critical',
    value: 1,
    peak: 1,
    count: 1,
    openedAt,
    heldAt: openedAt,
    ...values,
  });
  return id;
}

test('an alert is acknowledged and resolved with what was found out, and says by whom', async () => {
  const { runtime, person } = await hub();
  const id = await given('alr_a', { subject: 'acme' });
  const admin = person.ctx();
  expect(await countOpenAlerts(admin)).toEqual({ count: 1, capped: false });
  await acknowledgeAlert(admin, { id, note: ' Looking into it ' });
  expect(await countOpenAlerts(admin)).toEqual({ count: 0, capped: false });
  await noteOnAlert(admin, { id, note: 'It was the nightly job' });
  await resolveAlert(admin, { id });
  expect(await getAlert(admin, { id })).toMatchObject({
    state: 'resolved',
    resolvedBy: person.id,
    subject: { kind: 'provider', id: 'acme', name: 'Acme' },
    events: [
      { kind: 'acknowledged', by: { id: person.id, name: 'Ada' }, note: 'Looking into it' },
      { kind: 'noted', note: 'It was the nightly job' },
      { kind: 'resolved', note: null },
    ],
  });
  const told = (await entries(runtime)).filter(({ action }) => action.startsWith('alert.'));
  expect(told.map(({ action, actorId }) => [action, actorId])).toEqual([
    ['alert.acknowledged', person.id],
    ['alert.resolved', person.id],
  ]);
  // Notes may name people; the ledger is never erased.
  expect(JSON.stringify(told)).not.toContain('nightly');
});

test('the course of an alert is read in parts, the newest first, each event once', async () => {
  const { person } = await hub();
  const id = await given('alr_long');
  await given('alr_other');
  const at = new Date('2026-11-22T13:00:00Z');
  const event = { alertId: id, at, kind: 'noted', by: 'system' } as const;
  const notes = Array.from({ length: 120 }, (_, n) => `${n}`);
  await database.db.insert(alertEvents).values(notes.map((note) => ({ ...event, note })));
  await database.db.insert(alertEvents).values({ ...event, alertId: 'alr_other' });
  const seen: (string | null)[] = [];
  let before: number | null | undefined;
  do {
    const view = await getAlert(person.ctx(), { id, before: before ?? undefined });
    seen.unshift(...view.events.map(({ note }) => note));
    before = view.earlierThan;
  } while (before !== null);
  expect(seen).toEqual(notes);
  for (const wrong of [0, 'x', 1.5])
    await expect(getAlert(person.ctx(), { id, before: wrong })).rejects.toMatchObject({ code: 'invalid_request' });
});

test('what is over cannot be acknowledged or resolved again, and what is not there is not found', async () => {
  const { person } = await hub();
  const id = await given('alr_a');
  await resolveAlert(person.ctx(), { id });
  for (const change of [acknowledgeAlert, resolveAlert])
    await expect(change(person.ctx(), { id })).rejects.toMatchObject({ code: 'conflict' });
  for (const change of [acknowledgeAlert, resolveAlert])
    await expect(change(person.ctx(), { id: 'alr_none' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(noteOnAlert(person.ctx(), { id, note: '  ' })).rejects.toMatchObject({ code: 'invalid_request' });
});

describe('who may', () => {
  test('auditors look and change nothing; others do neither', async () => {
    const { runtime, person } = await hub();
    const id = await given('alr_a');
    const { ctx: key } = await addApiKey(runtime);
    const looks: ((ctx: Context) => Promise<unknown>)[] = [listAlerts, countOpenAlerts, (ctx) => getAlert(ctx, { id })];
    const changes = [acknowledgeAlert, resolveAlert, noteOnAlert];
    for (const look of looks) {
      await look(person.ctx('auditor'));
      await expect(look(person.ctx('user'))).rejects.toMatchObject({ code: 'forbidden' });
      for (const ctx of [key, asNobody(runtime)])
        await expect(look(ctx)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    for (const change of changes) {
      for (const role of ['auditor', 'user'] as const)
        await expect(change(person.ctx(role), { id, note: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
      await expect(change(asNobody(runtime), { id })).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    expect((await getAlert(person.ctx(), { id })).state).toBe('open');
  });
});

test('the list goes from page to page without a gap, filtered by state', async () => {
  const { person } = await hub();
  for (let n = 0; n < 5; n++) await given(`alr_${n}`);
  await resolveAlert(person.ctx(), { id: 'alr_3' });
  const seen: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await listAlerts(person.ctx(), { state: 'live', limit: 2, ...(cursor ? { cursor } : {}) });
    seen.push(...page.items.map(({ id }) => id));
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(['alr_4', 'alr_2', 'alr_1', 'alr_0']);
  expect((await listAlerts(person.ctx(), { state: 'resolved' })).items.map(({ id }) => id)).toEqual(['alr_3']);
});
