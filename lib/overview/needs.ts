import { sql } from 'drizzle-orm';
import { countOpenAlerts } from '#lib/alerts/count-open';
import { listUntoldChecks } from '#lib/alerts/untold-checks';
import { countExpiringKeys } from '#lib/api-keys/list-api-keys';
import { readLedgerTrouble } from '#lib/audit/ledger-trouble';
import { countConnections } from '#lib/connections/count';
import { countExpiringGrants } from '#lib/connections/expiring';
import type { Context } from '#lib/context';
import { type CappedCount, countCapped } from '#lib/db/count-capped';
import { countStandingFreezes } from '#lib/freezes/list';
import { listJobs } from '#lib/jobs/list-jobs';
import { listSickProviders } from '#lib/status/provider-health';
import { readWaitingMails } from '#lib/status/waiting-mails';

/** The states that need attention, the most urgent first. */
export const needKinds = [
  'ledger_broken',
  'alerts_open',
  'standing_freezes',
  'providers_failing',
  'checks_failing',
  'background_late',
  'background_failing',
  'ledger_unsealed',
  'revocation_unproved',
  'revocation_failed',
  'needs_reconnect',
  'grant_expiring',
  'keys_expiring',
  'webhooks_failing',
  'webhooks_off',
  'mails_waiting',
] as const;
export type NeedKind = (typeof needKinds)[number];

export interface NeedView {
  kind: NeedKind;
  counted: CappedCount;
  /** Since when, where it is one thing that goes on. */
  since: Date | null;
  /** Its objects, where they have names. */
  names: string[];
}

/** A longer number is not read to its end. */
const countUpTo = 1_000;

type Found = Partial<Omit<NeedView, 'kind'>> | null;
const many = (count: number, names: string[] = []): Found => ({ counted: { count, capped: false }, names });

/**
 * Endpoints that take nothing: a message was tried more than once and waits, or was given up, and none that came later was
 * taken.
 */
const failingWebhooks = sql`(select 1 from webhook_endpoints e, lateral (select max(id) as id from webhook_deliveries
      where endpoint_id = e.id and (state = 'failed' or state = 'pending' and attempts > 1)) last
    where e.disabled_at is null and last.id is not null and not exists (select 1 from webhook_deliveries d
      where d.endpoint_id = e.id and d.state = 'delivered' and d.id > last.id) limit ${countUpTo + 1})`;

/** How each is found out; nothing where there is none. */
const looks: Record<NeedKind, (ctx: Context) => Promise<Found>> = {
  ledger_broken: async (ctx) => {
    const { brokenAt } = await readLedgerTrouble(ctx);
    return brokenAt && { since: brokenAt };
  },
  alerts_open: async (ctx) => ({ counted: await countOpenAlerts(ctx) }),
  standing_freezes: async (ctx) => ({ counted: await countStandingFreezes(ctx) }),
  providers_failing: async (ctx) => {
    const sick = await listSickProviders(ctx);
    return many(
      sick.length,
      sick.map(({ provider }) => provider.name),
    );
  },
  checks_failing: async (ctx) => {
    const untold = await listUntoldChecks(ctx);
    return many(
      untold.length,
      untold.map(({ name, provider }) => (provider ? `${name}, ${provider.name}` : name)),
    );
  },
  background_late: async (ctx) => many((await listJobs(ctx)).filter(({ late }) => late).length),
  background_failing: async (ctx) => {
    const steps = (await listJobs(ctx)).flatMap(({ failedSteps }) => failedSteps);
    return many(steps.length, steps);
  },
  ledger_unsealed: async (ctx) => {
    const { unsealedSince } = await readLedgerTrouble(ctx);
    return unsealedSince && { since: unsealedSince };
  },
  revocation_unproved: async (ctx) => ({
    counted: await countConnections(ctx, { concern: 'revocation_unproved' }, countUpTo),
  }),
  revocation_failed: async (ctx) => ({
    counted: await countConnections(ctx, { concern: 'revocation_failed' }, countUpTo),
  }),
  needs_reconnect: async (ctx) => ({ counted: await countConnections(ctx, { status: 'needs_reconnect' }) }),
  grant_expiring: async (ctx) => ({ counted: await countExpiringGrants(ctx, countUpTo) }),
  keys_expiring: async (ctx) => ({ counted: await countExpiringKeys(ctx, countUpTo) }),
  webhooks_failing: async ({ database }) => ({ counted: await countCapped(database.db, failingWebhooks, countUpTo) }),
  webhooks_off: async ({ database }) => ({
    counted: await countCapped(
      database.db,
      sql`(select 1 from webhook_endpoints where disabled_reason = 'gone' limit ${countUpTo + 1})`,
      countUpTo,
    ),
  }),
  mails_waiting: async (ctx) => {
    const { alerts, people } = await readWaitingMails(ctx);
    return { counted: { count: alerts.count + people.count, capped: alerts.capped || people.capped } };
  },
};

/**
 * Everything that waits for a person, for administrators and auditors. One after the other: a page must not take every
 * connection of the pool.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listNeeds(ctx: Context): Promise<NeedView[]> {
  const needs: NeedView[] = [];
  for (const kind of needKinds) {
    const found = await looks[kind](ctx);
    if (!found) continue;
    const need = { counted: { count: 1, capped: false }, since: null, names: [], ...found, kind };
    if (need.counted.count > 0) needs.push(need);
  }
  return needs;
}
