import { and, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { flowTraces, mostTraceBytes } from '#lib/db/schema/flow-traces';
import type { FlowTrace } from '#lib/flow-trace/trace';
import { requireAdministrator } from '#lib/guards/require';
import { newId } from '#lib/ids';
import { transactAs } from '#lib/sign-in/transact-as';
import type { Place } from '#lib/vault/vault';

const lifeSeconds = 3600;
/** Traces of one person; the oldest go first. */
const mostOfPerson = 10;

const place = (id: string): Place => ({ row: id, column: 'flow_traces.sealed' });

/** Seals a trace; where it is too long, its last steps are left out. */
async function seal(ctx: Context, id: string, trace: FlowTrace): Promise<string> {
  const sealed = await ctx.vault.seal(JSON.stringify(trace), place(id));
  if (sealed.length <= mostTraceBytes) return sealed;
  if (trace.steps.length > 0) return seal(ctx, id, { ...trace, steps: trace.steps.slice(0, -1) });
  return seal(ctx, id, { ...trace, understood: [], hints: [], missing: [] });
}

/**
 * Keeps a masked trace for an hour, for the administrator who asks.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`
 */
export async function beginTrace(ctx: Context, trace: FlowTrace): Promise<string> {
  requireAdministrator(ctx);
  if (ctx.actor.type !== 'person') throw new TypeError('A trace belongs to a person.');
  const { personId } = ctx.actor;
  const id = newId('trc');
  const expiresAt = sql`clock_timestamp() + make_interval(secs => ${lifeSeconds}::float8)` as unknown as Date;
  const sealed = await seal(ctx, id, trace);
  await transactAs(ctx, async (tx) => {
    await tx.insert(flowTraces).values({ id, personId, provider: trace.provider, sealed, expiresAt });
    const surplus = tx
      .select({ id: flowTraces.id })
      .from(flowTraces)
      .where(eq(flowTraces.personId, personId))
      .orderBy(desc(flowTraces.createdAt), flowTraces.id)
      .offset(mostOfPerson);
    await tx.delete(flowTraces).where(inArray(flowTraces.id, surplus));
  });
  return id;
}

/** Puts the whole trace in the place of its beginning. */
export async function endTrace(ctx: Context, id: string, trace: FlowTrace): Promise<void> {
  await ctx.database.db
    .update(flowTraces)
    .set({ sealed: await seal(ctx, id, trace) })
    .where(eq(flowTraces.id, id));
}

/** A trace of the last hour; null where it is over, or somebody else's. @throws AppError `unauthenticated`, `forbidden` */
export async function readTrace(ctx: Context, id: string): Promise<FlowTrace | null> {
  if (ctx.actor.type !== 'person' || ctx.actor.role !== 'administrator') return null;
  const [row] = await ctx.database.db
    .select({ sealed: flowTraces.sealed })
    .from(flowTraces)
    .where(
      and(
        eq(flowTraces.id, id.slice(0, 64)),
        eq(flowTraces.personId, ctx.actor.personId),
        gt(flowTraces.expiresAt, sql`clock_timestamp()`),
      ),
    );
  return row ? (JSON.parse(ctx.vault.open(row.sealed, place(id))) as FlowTrace) : null;
}

/** Drops the traces of which the hour is over. */
export async function purgeTraces({ database }: Pick<Context, 'database'>): Promise<void> {
  await deleteInPages(database.db, flowTraces, lt(flowTraces.expiresAt, sql`now()`));
}
