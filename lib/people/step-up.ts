import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { requirePerson } from '#lib/access/require';
import type { Context } from '#lib/context';
import { sessions } from '#lib/db/schema/sessions';
import { AppError } from '#lib/errors';

/** How long a sign-in counts for what needs one of the last minutes, in seconds. */
export const stepUpSeconds = 300;

/** How it is known that the person was there lately. `operator`: our own command line, at the machine itself. */
export interface StepUp {
  proof: 'session' | 'operator';
}

/**
 * Asserts that the person signed in within the last five minutes. The answer says how that is known, for the ledger.
 * @throws AppError `unauthenticated`, `step_up_required`
 */
export async function requireStepUp(ctx: Context): Promise<StepUp> {
  if (ctx.actor.type === 'system') return { proof: 'operator' };
  requirePerson(ctx);
  const [fresh] = await ctx.database.db
    .select({ id: sessions.publicId })
    .from(sessions)
    .where(
      and(
        eq(sessions.publicId, ctx.actor.sessionId),
        eq(sessions.personId, ctx.actor.personId),
        isNull(sessions.endedAt),
        gt(sessions.createdAt, sql`now() - make_interval(secs => ${stepUpSeconds}::float8)`),
      ),
    );
  if (!fresh) throw new AppError('step_up_required');
  return { proof: 'session' };
}
