import { and, desc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import { type FlowDetails, type FlowOutcome, flowSeconds } from '#lib/authorization/flow';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { flows, mostSealedBytes } from '#lib/db/schema/flows';
import { AppError } from '#lib/errors';
import { hashSecret } from '#lib/ids';
import type { Place } from '#lib/vault/vault';

/** Rows of one session: more than its browser's cookies can name. */
const rowsOfSession = 20;

const sealedPlace = (id: string): Place => ({ row: id, column: 'flows.sealed' });
const outcomePlace = (id: string): Place => ({ row: id, column: 'flows.outcome' });
const lifetime = sql`now() + make_interval(secs => ${flowSeconds}::float8)`;

/** The flow's name in the database. */
export const flowId = (state: string): string => hashSecret(state);

/**
 * Keeps what does not bind a flow to its browser, sealed, for ten minutes. Of one session at most 20 are kept; the oldest
 * goes.
 * @throws AppError `provider_configuration` where the record's texts are too long to be kept
 */
export async function saveFlow(ctx: Context, db: Db, state: string, details: FlowDetails): Promise<void> {
  const id = flowId(state);
  const { intent, sessionId } = details;
  const sealed = await ctx.vault.seal(JSON.stringify(details), sealedPlace(id));
  if (sealed.length > mostSealedBytes) throw new AppError('provider_configuration', { retryAfterSeconds: 300 });
  await db.insert(flows).values({ id, intent, sessionId, sealed, expiresAt: lifetime });
  if (sessionId === null) return;
  const surplus = db
    .select({ id: flows.id })
    .from(flows)
    .where(eq(flows.sessionId, sessionId))
    .orderBy(desc(flows.expiresAt), flows.id)
    .offset(rowsOfSession);
  await deleteInPages(db, flows, inArray(flows.id, surplus));
}

/** A flow as it lies in the database. */
export type FoundRow =
  | { state: 'waiting'; open: () => FlowDetails }
  | { state: 'claimed'; intent: FlowDetails['intent']; sessionId: string | null };

/** The flow of that state; undefined where there is none, or it has expired by the database's clock. */
export async function readFlow(ctx: Context, state: string): Promise<FoundRow | undefined> {
  const id = flowId(state);
  const [row] = await ctx.database.db
    .select({
      intent: flows.intent,
      sessionId: flows.sessionId,
      sealed: flows.sealed,
      claimedAt: flows.claimedAt,
    })
    .from(flows)
    .where(and(eq(flows.id, id), gt(flows.expiresAt, sql`now()`)));
  if (!row) return undefined;
  const { sealed, claimedAt, ...claimed } = row;
  if (sealed === null || claimedAt !== null) return { state: 'claimed', ...claimed };
  return { state: 'waiting', open: () => openDetails(ctx, { id, sealed }) };
}

/** @throws VaultError where the value was moved or changed, or its key is gone */
export function openDetails(ctx: Context, { id, sealed }: { id: string; sealed: string }): FlowDetails {
  return JSON.parse(ctx.vault.open(sealed, sealedPlace(id))) as FlowDetails;
}

/** Uses a flow up; false where it was used before, in this process or another, or has expired. */
export async function claimRow(ctx: Context, state: string): Promise<boolean> {
  const rows = await ctx.database.db
    .update(flows)
    .set({ claimedAt: sql`now()`, expiresAt: lifetime })
    .where(and(eq(flows.id, flowId(state)), isNull(flows.claimedAt), gt(flows.expiresAt, sql`now()`)))
    .returning({ id: flows.id });
  return rows.length === 1;
}

/** Remembers for ten minutes where the browser of a claimed flow was sent. */
export async function keepOutcome(ctx: Context, state: string, outcome: FlowOutcome): Promise<void> {
  const id = flowId(state);
  const sealed = await ctx.vault.seal(JSON.stringify(outcome), outcomePlace(id));
  await ctx.database.db
    .update(flows)
    .set({ outcome: sealed, sealed: null, expiresAt: lifetime })
    .where(and(eq(flows.id, id), isNull(flows.outcome)));
}

/** How a claimed flow ended; `running` while it has not; undefined once it is forgotten. */
export async function readOutcome(
  ctx: Context,
  state: string,
): Promise<{ outcome: FlowOutcome } | { runningSeconds: number } | undefined> {
  const id = flowId(state);
  const [row] = await ctx.database.db
    .select({
      outcome: flows.outcome,
      seconds: sql<number>`extract(epoch from now() - ${flows.claimedAt})::float8`.mapWith(Number),
    })
    .from(flows)
    .where(and(eq(flows.id, id), gt(flows.expiresAt, sql`now()`)));
  if (!row) return undefined;
  if (row.outcome === null) return { runningSeconds: row.seconds };
  return { outcome: JSON.parse(ctx.vault.open(row.outcome, outcomePlace(id))) as FlowOutcome };
}
