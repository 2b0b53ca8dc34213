import { and, eq, gt, isNull, lte, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { type AuthenticationProof, sessions } from '#lib/db/schema/sessions';
import { AppError } from '#lib/errors';
import { requirePerson } from '#lib/guards/require';
import { hashSecret, newSecret } from '#lib/ids';
import { record } from '#lib/ledger/record';
import type { Authentication } from '#lib/sign-in/authentication';
import type { NewSession } from '#lib/sign-in/sessions';
import { judgeSignIn, type SignInInput } from '#lib/sign-in/sign-in';

/** How long a sign-in counts for what needs one of the last minutes, in seconds. */
const stepUpSeconds = 300;

/** How it is known that the person was there lately. `operator`: our own command line, at the machine itself. */
export interface StepUp {
  proof: AuthenticationProof | 'operator';
}

/** The proof that this session has now, by the database's clock; null where there is none, or it is too old. */
async function freshProof(
  ctx: Context,
  db = ctx.database.db,
): Promise<{ proof: AuthenticationProof; until: Date } | null> {
  requirePerson(ctx);
  const window = sql`make_interval(secs => ${stepUpSeconds}::float8)`;
  const [row] = await db
    .select({
      proof: sessions.authenticationProof,
      until: sql<Date>`${sessions.authenticatedAt} + ${window}`.mapWith(sessions.authenticatedAt),
    })
    .from(sessions)
    .where(
      and(
        eq(sessions.publicId, ctx.actor.sessionId),
        eq(sessions.personId, ctx.actor.personId),
        isNull(sessions.endedAt),
        gt(sessions.authenticatedAt, sql`now() - ${window}`),
        // Proved by a clock that was ahead: it would be fresh until that time is reached.
        lte(sessions.authenticatedAt, sql`now() + interval '1 second'`),
      ),
    );
  return row?.proof ? { proof: row.proof, until: row.until } : null;
}

/**
 * Asserts that the person proved within the last five minutes who they are. The answer says how, for the ledger.
 * @param tx the transaction, where it is asked inside one
 * @throws AppError `unauthenticated`, `step_up_required`
 */
export async function requireStepUp(ctx: Context, tx?: Db): Promise<StepUp> {
  if (ctx.actor.type === 'system') return { proof: 'operator' };
  const fresh = await freshProof(ctx, tx);
  if (!fresh) throw new AppError('step_up_required');
  return { proof: fresh.proof };
}

/** The facts that a page needs to offer stepping up. */
export interface StepUpView {
  /** Null: a sign-in is needed first. */
  fresh: { proof: AuthenticationProof; until: Date } | null;
  /** Where the person signs in, and how that will be known; null where their provider is not set up any more. */
  provider: { id: string; name: string; proof: AuthenticationProof } | null;
}

/** Whether the person has stepped up, and where they can. @throws AppError `unauthenticated` */
export async function readStepUp(ctx: Context): Promise<StepUpView> {
  const [fresh, id] = [await freshProof(ctx), await stepUpProvider(ctx)];
  const provider = ctx.providers.get(id);
  return {
    fresh,
    provider: provider?.sign_in ? { id, name: provider.name, proof: provider.step_up } : null,
  };
}

/** The provider that this person signs in with. @throws AppError `unauthenticated` */
export async function stepUpProvider(ctx: Context): Promise<string> {
  requirePerson(ctx);
  const [row] = await ctx.database.db
    .select({ provider: people.provider })
    .from(people)
    .where(eq(people.id, ctx.actor.personId));
  if (!row) throw new AppError('unauthenticated');
  return row.provider;
}

/**
 * Ends a step-up after the provider's answer was checked: it must be the same identity, still allowed in, and lately
 * authenticated where the provider says so. The session goes on under a new secret id (ASVS 7.2.4).
 * @throws AppError `unauthenticated`, `step_up_other_account`, `step_up_unproved`, `step_up_too_old`,
 *   `sign_in_not_allowed`
 */
export async function completeStepUp(
  ctx: Context,
  { provider, identity, authentication }: SignInInput & { authentication: Authentication | null },
): Promise<NewSession> {
  requirePerson(ctx);
  const { personId, sessionId } = ctx.actor;
  const { allowed, adminByConfig } = judgeSignIn(ctx.config, provider, identity);
  const id = newSecret();
  return withTransaction(ctx.database.db, async (tx) => {
    const [person] = await tx
      .select({ issuer: people.issuer, subject: people.subject, adminByConfig: people.adminByConfig })
      .from(people)
      .where(
        and(eq(people.id, personId), isNull(people.applicationId), isNull(people.disabledAt), isNull(people.deletedAt)),
      )
      .for('update');
    if (!person) throw new AppError('unauthenticated');
    if (person.issuer !== identity.issuer || person.subject !== identity.subject)
      throw new AppError('step_up_other_account');
    if (!allowed) throw new AppError('sign_in_not_allowed');
    if (!authentication) throw new AppError('step_up_unproved');
    if (authentication.ageSeconds > stepUpSeconds) throw new AppError('step_up_too_old');
    // Checked anew at each sign-in, and this is one.
    if (person.adminByConfig !== adminByConfig) {
      await tx.update(people).set({ adminByConfig }).where(eq(people.id, personId));
      await record(tx, ctx, {
        action: 'person.role_changed',
        personId,
        details: { administrator: adminByConfig, by: 'ADMIN_EMAILS' },
      });
    }
    const [session] = await tx
      .update(sessions)
      .set({
        idHash: hashSecret(id),
        authenticatedAt: sql`now() - make_interval(secs => ${authentication.ageSeconds}::float8)`,
        authenticationProof: authentication.proof,
        lastSeenAt: sql`now()`,
      })
      .where(
        and(
          eq(sessions.publicId, sessionId),
          eq(sessions.personId, personId),
          isNull(sessions.endedAt),
          gt(sessions.expiresAt, sql`now()`),
        ),
      )
      .returning({ seconds: sql<number>`floor(extract(epoch from ${sessions.expiresAt} - now()))::int` });
    if (!session) throw new AppError('unauthenticated');
    await record(tx, ctx, {
      action: 'sign_in.stepped_up',
      personId,
      provider: provider.id,
      details: { session: sessionId, proof: authentication.proof },
    });
    return { id, publicId: sessionId, seconds: session.seconds };
  });
}
