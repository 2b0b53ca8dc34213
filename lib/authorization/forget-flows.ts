import { and, desc, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import type { FlowDetails } from '#lib/authorization/flow';
import { openDetails } from '#lib/authorization/flow-rows';
import type { Context } from '#lib/context';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { flows } from '#lib/db/schema/flows';
import { sessions } from '#lib/db/schema/sessions';
import type { LedgerEntry } from '#lib/ledger/record';
import { recordAll } from '#lib/ledger/record';

/** Flows without a person that a tick leaves: more begin in ten minutes only during a flood. */
const rowsOfNobody = 100_000;
/** Interrupted flows of one transaction. A process that dies leaves as many as it worked on. */
const pageRows = 50;

const isOver = lt(flows.expiresAt, sql`now()`);

/** Forgets flows that no cookie can match any more, and the oldest sign-ins of a flood. */
export async function purgeFlows(ctx: Context): Promise<void> {
  const { db } = ctx.database;
  await recordInterrupted(ctx);
  await deleteInPages(db, flows, and(isOver, or(isNull(flows.claimedAt), isNotNull(flows.outcome))));
  const surplus = db
    .select({ id: flows.id })
    .from(flows)
    .where(isNull(flows.sessionId))
    .orderBy(desc(flows.expiresAt), flows.id)
    .offset(rowsOfNobody);
  await db.delete(flows).where(inArray(flows.id, surplus));
}

/**
 * Forgets flows that were used and have no end: their process died with the answer. The provider may have issued tokens
 * that the hub never stored. The code is spent, so nothing can ask for them again; the ledger says where they may be.
 */
async function recordInterrupted(ctx: Context): Promise<void> {
  for (;;) {
    const count = await ctx.database.db.transaction(async (tx) => {
      const page = tx
        .select({ id: flows.id })
        .from(flows)
        .where(and(isOver, isNotNull(flows.claimedAt), isNull(flows.outcome)))
        .limit(pageRows)
        .for('update', { skipLocked: true });
      const rows = await tx
        .delete(flows)
        .where(inArray(flows.id, page))
        .returning({ id: flows.id, intent: flows.intent, sessionId: flows.sessionId, sealed: flows.sealed });
      const begunIn = rows.flatMap(({ sessionId }) => sessionId ?? []);
      const people = await tx
        .select({ session: sessions.publicId, id: sessions.personId })
        .from(sessions)
        .where(inArray(sessions.publicId, begunIn));
      const personOf = new Map(people.map(({ session, id }) => [session, id]));
      await recordAll(
        tx,
        ctx,
        rows.map((row) => entryOf(ctx, row, personOf.get(row.sessionId ?? '') ?? null)),
      );
      return rows.length;
    });
    if (count < pageRows) return;
  }
}

type Interrupted = Pick<typeof flows.$inferSelect, 'id' | 'intent' | 'sealed'>;

function entryOf(ctx: Context, row: Interrupted, personId: string | null): LedgerEntry {
  const { provider = null, connectionId = null, connectSession } = detailsOf(ctx, row);
  return {
    action: 'flow.refused',
    outcome: 'failed',
    code: 'flow_interrupted',
    provider,
    personId: connectSession?.personId ?? personId,
    connectionId,
    details: { intent: row.intent, ...(connectSession ? { connect_session: connectSession.id } : {}) },
  };
}

/** Nothing where an earlier build claimed the flow, or the key is gone: that it was interrupted is said all the same. */
function detailsOf(ctx: Context, { id, sealed }: Interrupted): Partial<FlowDetails> {
  try {
    return sealed === null ? {} : openDetails(ctx, { id, sealed });
  } catch {
    return {};
  }
}
