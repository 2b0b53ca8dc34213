import { and, asc, gt, gte, inArray, isNotNull, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { listConformance } from '#lib/conformance/list';
import type { Context } from '#lib/context';
import { alertEvents, alerts } from '#lib/db/schema/alerts';
import { checkResults } from '#lib/db/schema/checks';
import { freezes } from '#lib/db/schema/freezes';
import { reviews } from '#lib/db/schema/reviews';
import { revocations } from '#lib/db/schema/revocations';
import { vaultKeys } from '#lib/db/schema/vault-keys';
import { type Budget, readAll } from '#lib/evidence/budget';
import { type CitedEntry, type CitedReview, type EvidenceBundle, readEntry } from '#lib/evidence/bundle';
import { canonicalJson } from '#lib/ledger/canonical';
import { listScripts } from '#lib/page-scripts/list';
import { taskOf } from '#lib/reviews/task-list';

const within = (column: PgColumn, from: Date, to: Date): SQL | undefined => and(gte(column, from), lt(column, to));
/** True for what had begun before the end of a period and was not over at its beginning. */
const lasted = (began: PgColumn, ended: PgColumn, from: Date, to: Date): SQL | undefined =>
  and(lt(began, to), or(isNull(ended), gte(ended, from)));
/** Sorts rows that were read in the order of their keys; rows of one moment stay in that order. */
const byMoment =
  <Row>(of: (row: Row) => Date) =>
  (a: Row, b: Row): number =>
    of(a).getTime() - of(b).getTime();
const iso = (at: Date | null) => at?.toISOString() ?? null;

async function collectReviews(
  { database }: Context,
  from: Date,
  to: Date,
  entries: readonly CitedEntry[],
  budget: Budget,
): Promise<CitedReview[]> {
  const signed = new Map(
    entries.flatMap(({ text }, n) => {
      const { action, details } = readEntry(text);
      return action === 'review.signed_off' ? [[String(details.review), n] as const] : [];
    }),
  );
  const closed = sql`coalesce(${reviews.signedOffAt}, ${reviews.missedAt})`;
  const ofPeriod = or(
    within(reviews.dueAt, from, to),
    and(lt(reviews.createdAt, to), or(isNull(closed), gte(closed, from))),
  );
  const rows = await readAll<typeof reviews.$inferSelect>(budget, 'reviews', (last, limit) =>
    database.db
      .select()
      .from(reviews)
      .where(and(ofPeriod, last && gt(reviews.id, last.id)))
      .orderBy(asc(reviews.id))
      .limit(limit),
  );
  return rows.sort(byMoment((row) => row.dueAt)).map((row) => ({
    id: row.id,
    task: row.task,
    title: taskOf(row.task)?.title ?? row.task,
    due_at: row.dueAt.toISOString(),
    state: row.signedOffAt ? 'signed_off' : row.missedAt ? 'missed' : 'open',
    signed_off_at: iso(row.signedOffAt),
    signed_off_by: row.signedOffBy,
    note: row.note,
    findings: row.findings && canonicalJson(row.findings),
    entry: row.signedOffAt ? (signed.get(row.id) ?? null) : null,
  }));
}

async function collectAlerts(
  { database }: Context,
  from: Date,
  to: Date,
  budget: Budget,
): Promise<EvidenceBundle['alerts']> {
  const ofPeriod = lasted(alerts.openedAt, alerts.resolvedAt, from, to);
  const notes = new Map<string, string[]>();
  const rows = await readAll<typeof alerts.$inferSelect>(budget, 'alerts', async (last, limit) => {
    const page = await database.db
      .select()
      .from(alerts)
      .where(and(ofPeriod, last && gt(alerts.id, last.id)))
      .orderBy(asc(alerts.id))
      .limit(limit);
    const ids = page.map(({ id }) => id);
    await readAll<{ id: number; alertId: string; note: string | null }>(budget, 'notes', async (before, most) => {
      if (ids.length === 0) return [];
      const told = await database.db
        .select({ id: alertEvents.id, alertId: alertEvents.alertId, note: alertEvents.note })
        .from(alertEvents)
        .where(
          and(inArray(alertEvents.alertId, ids), isNotNull(alertEvents.note), before && gt(alertEvents.id, before.id)),
        )
        .orderBy(asc(alertEvents.id))
        .limit(most);
      for (const { alertId, note } of told) if (note) notes.set(alertId, [...(notes.get(alertId) ?? []), note]);
      return told;
    });
    return page;
  });
  return rows.sort(byMoment((row) => row.openedAt)).map((row) => ({
    ...{ id: row.id, rule: row.rule, subject: row.subject, severity: row.severity, state: row.state },
    opened_at: row.openedAt.toISOString(),
    acknowledged_at: iso(row.acknowledgedAt),
    acknowledged_by: row.acknowledgedBy,
    resolved_at: iso(row.resolvedAt),
    resolved_by: row.resolvedBy,
    notes: notes.get(row.id) ?? [],
  }));
}

function collectScripts(ctx: Context): EvidenceBundle['scripts'] {
  const { inventory, inline } = listScripts(ctx);
  return [
    ...(inventory?.scripts ?? []).map(({ path, integrity, reason, pages }) => ({ path, integrity, reason, pages })),
    ...inline.map(({ name, reason }) => ({ path: `in the markup: ${name}`, integrity: null, reason, pages: [] })),
  ];
}

type Collected =
  | 'checks'
  | 'reviews'
  | 'alerts'
  | 'freezes'
  | 'revocations'
  | 'keys_used'
  | 'scripts'
  | 'conformance'
  | 'conformance_run';

/** Everything beside the ledger that evidence of a period tells. Ids only: names are personal, and change. */
export async function collectEvidence(
  ctx: Context,
  from: Date,
  to: Date,
  entries: readonly CitedEntry[],
  budget: Budget,
): Promise<Pick<EvidenceBundle, Collected>> {
  const { db } = ctx.database;
  const checked = await readAll<typeof checkResults.$inferSelect>(budget, 'checks', (last, limit) =>
    db
      .select()
      .from(checkResults)
      .where(and(within(checkResults.at, from, to), last && gt(checkResults.id, last.id)))
      .orderBy(asc(checkResults.id))
      .limit(limit),
  );
  const frozen = await readAll<typeof freezes.$inferSelect>(budget, 'freezes', (last, limit) =>
    db
      .select()
      .from(freezes)
      .where(and(lasted(freezes.createdAt, freezes.liftedAt, from, to), last && gt(freezes.id, last.id)))
      .orderBy(asc(freezes.id))
      .limit(limit),
  );
  const { personId, connectionId, replacedGeneration } = revocations;
  const revoked = await readAll<typeof revocations.$inferSelect>(budget, 'revocations', (last, limit) =>
    db
      .select()
      .from(revocations)
      .where(
        and(
          or(lasted(revocations.createdAt, revocations.finishedAt, from, to), within(revocations.provedAt, from, to)),
          last &&
            sql`(${personId}, ${connectionId}, ${replacedGeneration}) > (${last.personId}, ${last.connectionId}, ${last.replacedGeneration})`,
        ),
      )
      .orderBy(asc(personId), asc(connectionId), asc(replacedGeneration))
      .limit(limit),
  );
  const { specifications, run } = listConformance(ctx);
  const keys = await readAll<typeof vaultKeys.$inferSelect>(budget, 'vault keys', (last, limit) =>
    db
      .select()
      .from(vaultKeys)
      .where(last && gt(vaultKeys.kid, last.kid))
      .orderBy(asc(vaultKeys.kid))
      .limit(limit),
  );
  return {
    checks: checked.sort(byMoment((row) => row.at)).map((row) => ({
      check: row.checkId,
      provider: row.provider || null,
      result: row.result,
      looked_at: row.lookedAt,
      found: row.found,
      at: row.at.toISOString(),
      run: row.run,
    })),
    reviews: await collectReviews(ctx, from, to, entries, budget),
    alerts: await collectAlerts(ctx, from, to, budget),
    freezes: frozen.sort(byMoment((row) => row.createdAt)).map((row) => ({
      ...{ id: row.id, scope: row.scope, target: row.target, reason: row.reason },
      created_at: row.createdAt.toISOString(),
      created_by: row.createdBy,
      lifted_at: iso(row.liftedAt),
      lifted_by: row.liftedBy,
      lift_reason: row.liftReason,
    })),
    revocations: revoked.sort(byMoment((row) => row.createdAt)).map((row) => ({
      connection: row.connectionId,
      provider: row.provider,
      created_at: row.createdAt.toISOString(),
      state: row.state,
      proof: row.proof,
      finished_at: iso(row.finishedAt),
      proved_at: iso(row.provedAt),
    })),
    keys_used: keys.sort(byMoment((row) => row.firstUsedAt)).map((row) => ({
      kid: row.kid,
      first_used_at: row.firstUsedAt.toISOString(),
      retired_at: iso(row.retiredAt),
    })),
    scripts: collectScripts(ctx),
    conformance_run: run && { ...run, at: run.at.toISOString() },
    conformance: specifications.flatMap(({ name, clauses }) =>
      clauses.map(({ id, state, tests }) => ({
        specification: name,
        clause: id,
        state,
        tests: tests.map(({ file, title, result }) => `${file} > ${title}: ${result ?? 'no result'}`),
      })),
    ),
  };
}
