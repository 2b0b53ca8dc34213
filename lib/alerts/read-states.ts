import { type SQL, sql } from 'drizzle-orm';
import type { Found } from '#lib/alerts/read-slice';
import type { CheckRule, LongLivedRule, StateRule } from '#lib/alerts/rule';
import { subjectOf } from '#lib/checks/list';
import { listFailing } from '#lib/checks/results';
import { expiringGrants } from '#lib/connections/expiring';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { readHeldBack } from '#lib/ledger/held-back';
import type { ProviderRecord } from '#lib/providers/record';
import { isSick, listProviderHealth } from '#lib/status/provider-health';
import { keyServiceState } from '#lib/vault-keys/data-keys';

/** A larger number helps no reader: counting on would read the whole table. */
const countUpTo = 1_000;
/** A token may be issued a moment before it is stored, and lives that much longer by its row. */
const leeway = 1;

async function failing(ctx: Context, rule: StateRule, now: Date): Promise<Found[]> {
  const sick = (await listProviderHealth(ctx)).filter(isSick);
  return sick.map(({ provider, since, pausedIn, processes }) => ({
    rule,
    subject: provider.id,
    value: Math.floor((now.getTime() - since.getTime()) / 60_000),
    count: 0,
    evidence: [{ since: since.toISOString(), processes: pausedIn, of: processes }],
  }));
}

/** One is enough: how long a provider's tokens live is the provider's setting, not the connection's. */
function longLived(provider: ProviderRecord, { longestMinutes }: LongLivedRule): SQL {
  return sql`select id, extract(epoch from access_token_expires_at - access_token_issued_at)::int / 60 as minutes
    from connections where status = 'connected' and provider = ${provider.id}
      and (access_token_expires_at is null or access_token_expires_at - access_token_issued_at
        > make_interval(mins => ${longestMinutes + leeway}::int)) limit 1`;
}

async function perProvider(
  ctx: Context,
  rule: StateRule,
  query: (provider: ProviderRecord) => SQL,
  evidence: (row: { id: string; minutes?: number | null }, count: number) => Found['evidence'][number],
): Promise<Found[]> {
  const found: Found[] = [];
  for (const provider of ctx.providers.list()) {
    const rows = rowsOf<{ id: string; minutes?: number | null }>(await ctx.database.db.execute(query(provider)));
    const [first] = rows;
    if (first)
      found.push({
        rule,
        subject: provider.id,
        value: rows.length,
        count: 0,
        evidence: [evidence(first, rows.length)],
      });
  }
  return found;
}

/** Which transaction keeps the ledger from settling, where one does for longer than a minute. */
async function heldBack(ctx: Context, rule: StateRule, now: Date): Promise<Found[]> {
  const held = await readHeldBack(ctx.database, now);
  if (!held) return [];
  const { since, seconds, pid, role } = held;
  const minutes = Math.floor(seconds / 60);
  ctx.log.error({ event: 'ledger_held_back', since, server_pid: pid, role });
  return [
    { rule, subject: '', value: minutes, count: 0, evidence: [{ since: since.toISOString(), server_pid: pid, role }] },
  ];
}

async function failingChecks(ctx: Context, rule: CheckRule): Promise<Found[]> {
  const failing = await listFailing(ctx, rule.severity);
  return failing.map(({ check, provider, at, since, found }) => ({
    rule,
    subject: subjectOf(check, provider?.id ?? null),
    value: 1,
    count: 0,
    evidence: [
      {
        at: at.toISOString(),
        since: since.toISOString(),
        check,
        provider: provider?.id ?? null,
        found: found.slice(0, 300),
      },
    ],
  }));
}

/** Reviews past their date; the first few by id. */
async function overdueReviews(ctx: Context, rule: StateRule, now: Date): Promise<Found[]> {
  const rows = rowsOf<{ id: string; task: string; due_at: Date | string }>(
    await ctx.database.db.execute(sql`select id, task, due_at from reviews where signed_off_at is null and missed_at is null
      and due_at < ${now.toISOString()}::timestamptz order by due_at, id limit 100`),
  );
  if (rows.length === 0) return [];
  const evidence = rows.slice(0, 5).map(({ id, task, due_at }) => ({
    review: id,
    task,
    due_at: new Date(due_at).toISOString(),
  }));
  return [{ rule, subject: '', value: rows.length, count: 0, evidence }];
}

/** Of this process: each asks the service by itself, and any process may look. */
function keyServiceDown(ctx: Context, rule: StateRule, now: Date): Found[] {
  const { downSince, secondsLeft } = keyServiceState(ctx);
  if (downSince === null) return [];
  const minutes = Math.floor((now.getTime() - downSince.getTime()) / 60_000);
  return [
    {
      rule,
      subject: '',
      value: minutes,
      count: 0,
      evidence: [{ since: downSince.toISOString(), keys_dropped_in_seconds: secondsLeft, process: ctx.processId }],
    },
  ];
}

/**
 * The present finding of a rule about a state. Outside of every transaction: it asks other parts, which have their own.
 */
export function readState(ctx: Context, rule: StateRule, now: Date): Promise<Found[]> {
  switch (rule.state) {
    case 'provider_failing':
      return failing(ctx, rule, now);
    case 'ledger_held_back':
      return heldBack(ctx, rule, now);
    case 'check_fails':
      return failingChecks(ctx, rule);
    case 'reviews_overdue':
      return overdueReviews(ctx, rule, now);
    case 'key_service_down':
      return Promise.resolve(keyServiceDown(ctx, rule, now));
    case 'grants_dying':
      return perProvider(
        ctx,
        rule,
        (provider) =>
          sql`select id from (${expiringGrants(provider, rule.withinDays, now, countUpTo)}) ending limit ${countUpTo}`,
        ({ id }, count) => ({
          grants: count,
          capped: count === countUpTo,
          connection: id,
        }),
      );
    case 'long_lived_tokens':
      return perProvider(
        ctx,
        rule,
        (provider) => longLived(provider, rule),
        ({ id, minutes }) => ({
          minutes: minutes ?? null,
          unlimited: minutes === null || minutes === undefined,
          connection: id,
        }),
      );
  }
}
