import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { readLedgerHeldBack } from '#lib/audit/ledger-trouble';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { metricsOf } from '#lib/metrics/collect';
import { alertClock, alertHub } from '#tests/alerts';
import { describeWithConnections } from '#tests/database';
import { addPerson, asNobody } from '#tests/hub';

const { database, hub } = alertHub();

const theft = { action: 'token.theft_suspected', provider: 'acme' } as const;

describeWithConnections('A-04 a transaction that waits', () => {
  /** Runs the body while a role holds a transaction's number and waits. */
  async function whileItWaits(rights: string, body: (holder: { role: string; pid: number }) => Promise<void>) {
    const role = `waiting_${process.pid}_${Date.now()}`;
    const { db, url = '' } = database.current;
    await db.execute(sql.raw(`create role "${role}" login password 'x'`));
    await db.execute(sql.raw(`grant ${rights} on ledger to "${role}"`));
    const address = new URL(url);
    [address.username, address.password] = [role, 'x'];
    // Without our own limit on transactions that stand still: others have none.
    const other = openPostgres(address.href, { max: 1, statementTimeoutMs: 0 });
    try {
      await other.db.transaction(async (tx) => {
        const [row] = rowsOf<{ pid: number }>(
          await tx.execute(sql`select pg_backend_pid() as pid, pg_current_xact_id()`),
        );
        await body({ role, pid: row?.pid ?? 0 });
      });
    } finally {
      await other.close();
      await db.execute(sql.raw(`drop owned by "${role}"`));
      await db.execute(sql.raw(`drop role "${role}"`));
    }
  }

  test('of a reader silences no alert', async () => {
    const runtime = hub();
    const clock = alertClock(runtime);
    await clock.evaluate(0);
    await whileItWaits('select', async () => {
      await clock.happened(1, theft);
      await clock.evaluate(2);
      expect(await clock.alerts()).toEqual(['refresh_token_theft acme open']);
    });
  });

  test('of a writer is told outside of what it holds back: since when, which process, which role', async () => {
    const runtime = hub();
    runtime.config.alertEmails.push('operator@example.com');
    const clock = alertClock(runtime);
    await clock.evaluate(0);
    await whileItWaits('insert', async ({ role, pid }) => {
      await clock.evaluate(1);
      await clock.happened(1, theft);
      expect(await clock.alerts()).toEqual([]);
      // The fence of the first look may be the waiting transaction itself, which holds nothing back yet.
      await clock.evaluate(2);
      await clock.evaluate(4);
      expect(await clock.alerts()).toEqual(['ledger_held_back hub open']);
      const [alert] = rowsOf<{ evidence: unknown; due: boolean }>(
        await database.db.execute(sql`select evidence, mail_due_at is not null as due from alerts`),
      );
      expect(alert).toEqual({ evidence: [{ since: expect.any(String), server_pid: pid, role }], due: true });
      expect(runtime.logged).toContainEqual(
        expect.objectContaining({ event: 'ledger_held_back', server_pid: pid, role, level: 'error' }),
      );
      // As an hour later, for those who look by the database's clock.
      await database.db.execute(sql`update alert_progress set fence_at = now() - interval '1 hour'`);
      const ctx = systemContext(runtime, 'test');
      expect(await readLedgerHeldBack(ctx)).toMatchObject({ held: { pid, role, since: expect.any(Date) } });
      const metrics = await metricsOf(runtime).metrics();
      expect(metrics).toMatch(
        new RegExp(`grantkeep_ledger_held_back_seconds\\{server_pid="${pid}",role="${role}"\\} 36\\d\\d`),
      );
    });
    await clock.evaluate(6);
    // It is over, and what it held back is read; a person ends the alert that tells from when to when nothing was looked at.
    expect(await clock.alerts()).toEqual(['ledger_held_back hub open', 'refresh_token_theft acme open']);
    expect(await readLedgerHeldBack(systemContext(runtime, 'test'))).toEqual({ held: null });
  });

  test('is for administrators and auditors to know', async () => {
    const runtime = hub();
    await expect(readLedgerHeldBack((await addPerson(runtime)).ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(readLedgerHeldBack(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
