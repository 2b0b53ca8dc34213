import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { rules } from '#lib/alerts/rules';
import { systemContext } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { alertEvents, alerts, eventTotals } from '#lib/db/schema/alerts';
import { ledger } from '#lib/db/schema/ledger';
import { record } from '#lib/ledger/record';
import { alertClock, alertHub, readBy } from '#tests/alerts';
import { describeWithConnections } from '#tests/database';
import { asNobody } from '#tests/hub';

const { database, hub } = alertHub();

/** Each rule: the events that raise it, and events that are just too few. */
const tooLittleAndEnough: [
  rule: string,
  subject: string,
  entry: Parameters<ReturnType<typeof alertClock>['happened']>[1],
  enough: number,
][] = [
  ['refresh_token_theft_possible', 'acme', { action: 'token.theft_possible', provider: 'acme' }, 1],
  ['provider_stopped', 'acme', { action: 'provider.stopped', outcome: 'failed', provider: 'acme' }, 1],
  ['refresh_token_theft', 'acme', { action: 'token.theft_suspected', provider: 'acme' }, 1],
  ['without_pkce', 'acme', { action: 'request.refused', code: 'pkce_required', provider: 'acme' }, 1],
  ['issuer_refused', 'acme', { action: 'flow.refused', code: 'iss_mismatch', provider: 'acme' }, 1],
  ['script_blocked', 'hub', { action: 'policy.violation_reported', code: 'script_inline' }, 1],
  ['ledger_broken', 'hub', { action: 'ledger.verified', outcome: 'failed', code: 'seal_mismatch' }, 1],
  ['instance_restored', 'hub', { action: 'instance.restored' }, 1],
  ['instance_promoted', 'hub', { action: 'instance.promoted' }, 1],
  ['sealed_value_refused', 'hub', { action: 'token.denied', outcome: 'failed', code: 'vault_wrong_place' }, 1],
  ['sealed_value_refused', 'hub', { action: 'request.refused', outcome: 'failed', code: 'vault_wrong_place' }, 1],
  [
    'handed_on_links',
    'hub',
    { action: 'connect_session.ended', outcome: 'refused', code: 'connect_session_mismatch', provider: 'acme' },
    3,
  ],
  ['vault_key_missing', 'hub', { action: 'vault.key_missing', outcome: 'failed', code: 'key_missing' }, 1],
  [
    'revoked_still_accepted',
    'acme',
    { action: 'revocation.proved', outcome: 'failed', code: 'still_accepted', provider: 'acme' },
    1,
  ],
  [
    'revoked_still_accepted',
    'acme',
    { action: 'replaced.proved', outcome: 'failed', code: 'still_accepted', provider: 'acme' },
    1,
  ],
  [
    'revocation_given_up',
    'acme',
    { action: 'revocation.failed', outcome: 'failed', provider: 'acme', details: { state: 'failed' } },
    1,
  ],
  [
    'revocations_failing',
    'acme',
    { action: 'revocation.failed', outcome: 'failed', provider: 'acme', details: { state: 'pending' } },
    5,
  ],
  ['needs_reconnect', 'acme', { action: 'connection.needs_reconnect', provider: 'acme', code: 'invalid_grant' }, 1],
  ['mass_revocation', 'hub', { action: 'connection.revoked', provider: 'acme' }, 20],
  ['failed_exchanges', 'acme', { action: 'flow.refused', code: 'invalid_grant', provider: 'acme' }, 5],
  ['refused_callbacks', 'acme', { action: 'request.refused', code: 'state_unknown', provider: 'acme' }, 10],
  ['credentials_refused', 'acme', { action: 'token.refresh_failed', code: 'invalid_client', provider: 'acme' }, 3],
  ['unexpected_address', 'key_1', { ...readBy('key_1', '203.0.113.9', { unexpected_ip: true }) }, 1],
  ['unexpected_address', 'key_1', { action: 'token.denied', code: 'ip_not_allowed', apiKeyId: 'key_1' }, 1],
];

describe('each rule', () => {
  test.each(tooLittleAndEnough)(
    '%s opens for %s at its threshold and not below',
    async (rule, subject, entry, enough) => {
      const clock = alertClock(hub());
      await clock.evaluate(0);
      if (enough > 1) await clock.happened(1, entry, enough - 1);
      await clock.evaluate(2);
      expect(await clock.alerts()).toEqual([]);
      await clock.happened(3, entry);
      await clock.evaluate(4);
      expect(await clock.alerts()).toEqual([`${rule} ${subject} open`]);
    },
  );

  test('every rule is tried, here or beside', () => {
    const tried = tooLittleAndEnough.map(([rule]) => rule);
    const others = [
      'new_network',
      'read_burst',
      'provider_failing',
      'grants_dying',
      'long_lived_tokens',
      'ledger_held_back',
      // `lib/checks/run-checks.db.test.ts` tries them.
      'check_fails',
      'critical_check_fails',
      // `lib/vault-keys/vault-keys.db.test.ts` tries it.
      'key_service_down',
      // `lib/reviews/reviews.db.test.ts` tries it.
      'reviews_overdue',
    ];
    expect(rules.map(({ id }) => id).toSorted()).toEqual([...new Set([...tried, ...others])].toSorted());
  });

  test('a check of the ledger that finds nothing is no alert, nor is a token that was proved dead', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    await clock.happened(1, { action: 'ledger.verified' });
    await clock.happened(1, { action: 'revocation.proved', provider: 'acme' });
    await clock.happened(1, { action: 'revocation.finished', provider: 'acme', details: { state: 'unsupported' } });
    await clock.evaluate(2);
    expect(await clock.alerts()).toEqual([]);
  });

  test('a folded refusal counts as many as it stands for', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    await clock.happened(1, { action: 'request.refused', code: 'state_unknown', count: 10 });
    await clock.evaluate(2);
    expect(await clock.alerts()).toEqual(['refused_callbacks hub open']);
  });

  test('events that lie further apart than the window open nothing', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    for (const minute of [1, 8, 15, 22, 29, 36]) {
      await clock.happened(minute, { action: 'flow.refused', code: 'invalid_grant', provider: 'acme' });
      await clock.evaluate(minute + 1);
    }
    expect(await clock.alerts()).toEqual([]);
  });
});

describe('the life of an alert', () => {
  const failed = { action: 'flow.refused', code: 'invalid_grant', provider: 'acme' } as const;

  test('it goes on while anything is found, ends after the quiet time, and comes back as the same', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    await clock.happened(1, failed, 5);
    await clock.evaluate(2);
    await clock.happened(14, failed);
    await clock.evaluate(15);
    // Found last at 29, while the window still held the one of minute 14.
    for (let minute = 20; minute <= 58; minute += 1) await clock.evaluate(minute);
    expect(await clock.alerts()).toEqual(['failed_exchanges acme open']);
    for (let minute = 59; minute <= 62; minute += 1) await clock.evaluate(minute);
    expect(await clock.alerts()).toEqual(['failed_exchanges acme resolved']);
    await clock.happened(70, failed, 5);
    await clock.evaluate(71);
    expect(await clock.alerts()).toEqual(['failed_exchanges acme open']);
    const events = await database.db.select({ kind: alertEvents.kind }).from(alertEvents).orderBy(alertEvents.id);
    expect(events.map(({ kind }) => kind)).toEqual(['opened', 'resolved', 'reopened']);
  });

  test('while it is open, more of it makes no second one', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    for (const minute of [1, 2, 3]) {
      await clock.happened(minute, {
        action: 'token.theft_suspected',
        provider: 'acme',
        connectionId: `con_${minute}`,
      });
      await clock.evaluate(minute + 1);
    }
    const [alert] = await database.db.select().from(alerts);
    expect(alert).toMatchObject({ count: 3, state: 'open' });
    expect(alert?.evidence.map(({ connection }) => connection)).toEqual(['con_3', 'con_2', 'con_1']);
    expect(await clock.alerts()).toHaveLength(1);
  });

  test('ended by a person, it is opened by new events only', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    await clock.happened(1, failed, 6);
    await clock.evaluate(2);
    await database.db.update(alerts).set({ state: 'resolved', resolvedAt: clock.at(3), resolvedBy: 'per_a' });
    await clock.evaluate(4);
    expect(await clock.alerts()).toEqual(['failed_exchanges acme resolved']);
    await clock.happened(5, failed, 5);
    await clock.evaluate(6);
    expect(await clock.alerts()).toEqual(['failed_exchanges acme resolved', 'failed_exchanges acme open']);
  });

  test('its opening is in the ledger and raises nothing itself', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    await clock.happened(1, { action: 'token.theft_suspected', provider: 'acme' });
    await clock.evaluate(2);
    const told = await database.db.select().from(ledger).where(sql`${ledger.action} like 'alert.%'`);
    expect(told).toMatchObject([
      { action: 'alert.opened', provider: 'acme', details: { rule: 'refresh_token_theft' } },
    ]);
  });
});

test('what was before the first look is nobody’s news', async () => {
  const clock = alertClock(hub());
  await clock.happened(-5, { action: 'token.theft_suspected', provider: 'acme' });
  await clock.evaluate(0);
  await clock.evaluate(1);
  expect(await clock.alerts()).toEqual([]);
});

test('after a standstill of hours everything is read, and each entry once', async () => {
  const clock = alertClock(hub());
  await clock.evaluate(0);
  for (let minute = 1; minute < 240; minute += 20)
    await clock.happened(minute, { action: 'token.refreshed', provider: 'acme' });
  await clock.happened(100, { action: 'token.theft_suspected', provider: 'acme' });
  await clock.evaluate(241);
  await clock.evaluate(242);
  expect(await clock.alerts()).toEqual(['refresh_token_theft acme open']);
  const totals = await database.db.select().from(eventTotals).orderBy(eventTotals.action);
  expect(totals).toMatchObject([
    { action: 'token.refreshed', provider: 'acme', total: 12 },
    { action: 'token.theft_suspected', total: 1 },
  ]);
});

test('a slice that is too much for a statement is read in shorter ones, and nothing of it twice', async () => {
  const runtime = hub();
  const clock = alertClock(runtime);
  await clock.evaluate(0);
  const refreshed = { action: 'token.refreshed', provider: 'acme' } as const;
  await clock.happened(0.5, refreshed);
  await clock.evaluate(1);
  await database.db.execute(sql`create function too_much() returns trigger language plpgsql as $$
    begin if new.total - old.total > 2 then raise exception 'too much'; end if; return new; end $$`);
  await database.db.execute(
    sql`create trigger too_much before update on event_totals for each row execute function too_much()`,
  );
  try {
    for (const minute of [1.1, 2.1, 3.1, 4.1]) await clock.happened(minute, refreshed, 2);
    await clock.evaluate(5);
    expect(await database.db.select().from(eventTotals)).toMatchObject([{ total: 9 }]);
    expect(runtime.logged.map(({ event }) => event)).toContain('alert_slice_shortened');
    await clock.happened(5.1, refreshed, 3);
    await expect(clock.evaluate(6)).rejects.toThrow();
  } finally {
    await database.db.execute(sql`drop function too_much() cascade`);
  }
});

test('a database that comes back after weeks is up to date with the first look', async () => {
  const clock = alertClock(hub(), new Date('2026-10-22T12:00:00Z'));
  const weeks = 4 * 7 * 24 * 60;
  await clock.evaluate(0);
  await clock.happened(1, { action: 'flow.refused', code: 'invalid_grant', provider: 'acme' }, 5);
  await clock.evaluate(2);
  await clock.happened(weeks, { action: 'instance.restored' });
  await clock.evaluate(weeks + 1);
  expect((await clock.alerts()).toSorted()).toEqual(['failed_exchanges acme resolved', 'instance_restored hub open']);
});

test('only the process itself evaluates', async () => {
  await expect(evaluateAlerts(asNobody(hub()))).rejects.toMatchObject({ code: 'forbidden' });
});

describeWithConnections('entries that commit late', () => {
  test('an entry whose transaction goes on for long is read when it is there, and no other is read twice', async () => {
    const runtime = hub();
    const ctx = systemContext(runtime, 'jobs');
    const start = Date.now();
    const later = (seconds: number) => evaluateAlerts(ctx, { now: new Date(start + seconds * 1000) });
    await later(0);
    await withTransaction(database.db, async (tx) => {
      await record(tx, ctx, { action: 'token.theft_suspected', provider: 'slow' });
      await record(database.db, ctx, { action: 'token.theft_suspected', provider: 'quick' });
      await later(60);
      await later(120);
      // Held back: the slow one's time lies before what could be read. That it is so is told beside.
      expect(await database.db.select().from(alerts)).toMatchObject([{ rule: 'ledger_held_back' }]);
    });
    await later(180);
    await later(240);
    const found = await database.db.select().from(alerts).orderBy(alerts.subject);
    expect(found).toMatchObject([
      { subject: '', rule: 'ledger_held_back' },
      { subject: 'quick', count: 1 },
      { subject: 'slow', count: 1 },
    ]);
  });

  test('of several processes at it at once, each entry counts for one', async () => {
    const clock = alertClock(hub());
    await clock.evaluate(0);
    await clock.happened(1, { action: 'token.theft_suspected', provider: 'acme' }, 7);
    await Promise.all([clock.evaluate(2), clock.evaluate(2), clock.evaluate(2)]);
    // Each of them may have met another's write, and left the entries to the next look.
    await clock.evaluate(3);
    expect(await database.db.select().from(alerts)).toMatchObject([{ count: 7 }]);
  });
});

test('a flood of events about connections is read in pieces that a statement can take', async () => {
  const clock = alertClock(hub());
  await clock.evaluate(0);
  await database.db.execute(sql`
    insert into ledger (at, action, outcome, actor_type, connection_id, provider)
    select ${clock.at(1).toISOString()}::timestamptz + n * interval '1 millisecond', 'connection.revoked', 'ok', 'system',
      'con_' || n, 'acme' from generate_series(1, 12000) n`);
  await clock.evaluate(4);
  const [alert] = await database.db.select().from(alerts);
  // Opened when the first piece had been read, not when all of the five minutes had.
  expect(alert).toMatchObject({ rule: 'mass_revocation', count: 12_000 });
  expect(alert?.openedAt.getTime()).toBeLessThanOrEqual(clock.at(1).getTime() + 5_001);
});
