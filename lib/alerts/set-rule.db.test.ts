import { beforeEach, describe, expect, test } from 'vitest';
import { getRule, listRules } from '#lib/alerts/list-rules';
import { resetRule, setRule } from '#lib/alerts/set-rule';
import { recordConfiguration } from '#lib/audit/record-configuration';
import type { Context } from '#lib/context';
import { alertRules } from '#lib/db/schema/alerts';
import { alertClock, alertHub } from '#tests/alerts';
import { addPerson, asNobody, entries, signedInLately } from '#tests/hub';

const { database, hub } = alertHub();

beforeEach(async () => {
  await database.db.delete(alertRules);
});

async function given() {
  const runtime = hub();
  const person = await addPerson(runtime, { name: 'Ada', role: 'administrator' });
  return { runtime, person, admin: await signedInLately(runtime, person.ctx()) };
}

const failed = { action: 'flow.refused', code: 'invalid_grant', provider: 'acme' } as const;
const changes = async (runtime: Parameters<typeof entries>[0]) =>
  (await entries(runtime)).filter(({ action }) => action === 'configuration.changed');

describe('a rule', () => {
  test('opens at the threshold and within the window that were set, from the next look on', async () => {
    const { runtime, admin } = await given();
    const clock = alertClock(runtime);
    await setRule(admin, { rule: 'failed_exchanges', numbers: { threshold: 2, windowMinutes: 60 } });
    await clock.evaluate(0);
    await clock.happened(1, failed);
    await clock.evaluate(2);
    expect(await clock.alerts()).toEqual([]);
    await clock.happened(50, failed);
    await clock.evaluate(51);
    expect(await clock.alerts()).toEqual(['failed_exchanges acme open']);
  });

  test('says who set it, and the ledger says from what to what', async () => {
    const { runtime, person, admin } = await given();
    await setRule(admin, { rule: 'failed_exchanges', numbers: { threshold: 8 } });
    expect(await getRule(admin, { id: 'failed_exchanges' })).toMatchObject({
      opens: '8 events within 15 minutes, for each provider',
      changed: { by: { id: person.id, name: 'Ada' } },
    });
    await setRule(admin, { rule: 'failed_exchanges', numbers: { threshold: 8, quietMinutes: 45 } });
    await setRule(admin, { rule: 'failed_exchanges', numbers: { quietMinutes: 45 } });
    expect(await changes(runtime)).toMatchObject([
      { actorId: person.id, details: { alert_rule: 'failed_exchanges', from: ['threshold=5'], to: ['threshold=8'] } },
      { details: { from: ['quietMinutes=30'], to: ['quietMinutes=45'] } },
    ]);
  });

  test('gets its own numbers back, and only what differs from them is kept', async () => {
    const { runtime, admin } = await given();
    await setRule(admin, { rule: 'read_burst', numbers: { factor: 10, floor: 500 } });
    await setRule(admin, { rule: 'read_burst', numbers: { factor: 3 } });
    expect(await database.db.select({ numbers: alertRules.numbers }).from(alertRules)).toEqual([
      { numbers: { floor: 500 } },
    ]);
    await resetRule(admin, { rule: 'read_burst' });
    await resetRule(admin, { rule: 'read_burst' });
    expect(await database.db.select().from(alertRules)).toEqual([]);
    expect((await getRule(admin, { id: 'read_burst' })).changed).toBeNull();
    expect(await changes(runtime)).toHaveLength(3);
  });

  test.each<[what: string, rule: string, numbers: Record<string, number>, fault: string]>([
    ['no number of it', 'ledger_broken', { threshold: 2 }, 'threshold'],
    ['less than the least', 'failed_exchanges', { threshold: 0 }, 'threshold'],
    ['a window that counts do not reach back to', 'failed_exchanges', { windowMinutes: 1441 }, 'windowMinutes'],
    ['more grants than are counted', 'grants_dying', { threshold: 1001 }, 'threshold'],
    ['a part of one', 'failed_exchanges', { windowMinutes: 1.5 }, 'windowMinutes'],
    ['more to stay open than to open', 'refused_callbacks', { threshold: 2 }, 'holdsAt'],
  ])('does not take %s', async (_, rule, numbers, fault) => {
    const { runtime, admin } = await given();
    await expect(setRule(admin, { rule, numbers })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: fault }],
    });
    expect(await changes(runtime)).toEqual([]);
  });

  test('whose threshold falls below what keeps it open is kept open by no more than that', async () => {
    const { runtime, admin } = await given();
    await setRule(admin, { rule: 'mass_revocation', numbers: { threshold: 2 } });
    const clock = alertClock(runtime);
    await clock.evaluate(0);
    await clock.happened(1, { action: 'connection.revoked', provider: 'acme' }, 2);
    await clock.evaluate(2);
    expect(await clock.alerts()).toEqual(['mass_revocation hub open']);
  });

  test('is not changed by what stands in its row and does not fit it', async () => {
    const { runtime, admin } = await given();
    await database.db.insert(alertRules).values({
      rule: 'failed_exchanges',
      numbers: { threshold: -1, windowMinutes: 99_999, severity: 7 },
      changedBy: 'per_x',
    });
    expect(await getRule(admin, { id: 'failed_exchanges' })).toMatchObject({
      opens: '5 events within 15 minutes, for each provider',
      severity: 'warning',
      changed: null,
    });
    const clock = alertClock(runtime);
    await clock.evaluate(0);
    await clock.happened(1, failed, 4);
    await clock.evaluate(2);
    expect(await clock.alerts()).toEqual([]);
  });

  test('is read by auditors, set by administrators, and by nobody else', async () => {
    const { runtime, person, admin } = await given();
    const sets: ((ctx: Context) => Promise<void>)[] = [
      (ctx) => setRule(ctx, { rule: 'read_burst', numbers: { factor: 9 } }),
      (ctx) => resetRule(ctx, { rule: 'read_burst' }),
    ];
    for (const set of sets) {
      for (const role of ['auditor', 'user'] as const)
        await expect(set(person.ctx(role))).rejects.toMatchObject({ code: 'forbidden' });
      await expect(set(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    expect((await listRules(person.ctx('auditor'))).length).toBeGreaterThan(15);
    await expect(listRules(person.ctx('user'))).rejects.toMatchObject({ code: 'forbidden' });
    const asked: (() => Promise<unknown>)[] = [
      () => getRule(admin, { id: 'none' }),
      () => setRule(admin, { rule: 'none', numbers: {} }),
      () => resetRule(admin, { rule: 'none' }),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('a start finds what was configured at the start before, whatever rule was set meanwhile', async () => {
  const { runtime, admin } = await given();
  await recordConfiguration(admin);
  await setRule(admin, { rule: 'read_burst', numbers: { factor: 9 } });
  await recordConfiguration(admin);
  expect(await changes(runtime)).toHaveLength(2);
});
