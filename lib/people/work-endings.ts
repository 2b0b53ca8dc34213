import { asc, eq } from 'drizzle-orm';
import { type Context, inBackground } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { personEndings } from '#lib/db/schema/person-endings';
import { type Ending, type EndingProgress, endingBatch, endSome } from '#lib/people/end-connections';
import { onBehalf } from '#lib/people/on-behalf';
import { workOneRevocation } from '#lib/revocation/work-one-revocation';

const roundSeconds = 20;

interface Round {
  /** Seconds after which no further batch begins. */
  seconds?: number;
  signal?: AbortSignal | undefined;
}

/** Begins what one transaction does not end, in the caller's transaction; a deletion takes the place of a disabling. */
export async function keepEnding(tx: Db, ctx: Context, ending: Ending, requestedBy: string): Promise<void> {
  const row = { ...ending, requestedBy, requestId: ctx.requestId };
  await tx.insert(personEndings).values(row).onConflictDoUpdate({ target: personEndings.personId, set: row });
}

/** Tells providers at once of a few; of many the tick's rounds do, a provider's share at a time. */
export function tellProviders(ctx: Context, { revoked, over }: EndingProgress): void {
  if (!over || revoked.length > endingBatch[ctx.database.engine]) return;
  for (const key of revoked) inBackground(ctx, 'revoke at the provider', workOneRevocation(ctx, key));
}

/** One batch, in a transaction with the word that it is done; null where nothing is to be done any more. */
function workBatch(ctx: Context, personId: string): Promise<{ revoked: number; over: boolean } | null> {
  return withTransaction(ctx.database.db, async (tx) => {
    // The person's row first, as in all that locks both.
    await tx.select({ id: people.id }).from(people).where(eq(people.id, personId)).for('update');
    const [ending] = await tx.select().from(personEndings).where(eq(personEndings.personId, personId)).for('update');
    if (!ending) return null;
    const who = onBehalf(ctx, { startedBy: ending.requestedBy, requestId: ending.requestId });
    const { revoked, over } = await endSome(tx, who, ending);
    const at = eq(personEndings.personId, personId);
    const total = ending.revoked + revoked.length;
    if (over) await tx.delete(personEndings).where(at);
    else await tx.update(personEndings).set({ revoked: total }).where(at);
    return { revoked: total, over };
  });
}

/**
 * Goes on with one person's end until it is over or the time is. Answers how many connections were revoked, and whether
 * it is over. Any number of processes may do so at once.
 */
export async function workEnding(
  ctx: Context,
  personId: string,
  { seconds = roundSeconds, signal }: Round = {},
): Promise<{ revoked: number; over: boolean }> {
  const until = performance.now() + seconds * 1000;
  let revoked = 0;
  while (!signal?.aborted && performance.now() < until) {
    const done = await workBatch(ctx, personId);
    if (!done) return { revoked, over: true };
    revoked = done.revoked;
    if (done.over) return done;
  }
  return { revoked, over: false };
}

/** Goes on with every person's end that a batch, a process or a crash left open, the oldest first. */
export async function workEndings(ctx: Context, { seconds = roundSeconds, signal }: Round = {}): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const open = await ctx.database.db
    .select({ personId: personEndings.personId })
    .from(personEndings)
    .orderBy(asc(personEndings.begunAt))
    .limit(1000);
  for (const { personId } of open) {
    try {
      await workEnding(ctx, personId, { seconds: (until - performance.now()) / 1000, signal });
    } catch (error) {
      // One that fails keeps no other from its end; the next tick tries it again.
      ctx.log.error({ event: 'person_ending_failed', person: personId, err: error });
    }
  }
}
