import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Config } from '#lib/config/config';
import type { SignInRule } from '#lib/config/environment';
import type { Context, Role } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import { isUniqueViolation, withTransaction } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { isApplicationIssuer } from '#lib/guards/application-issuer';
import { newPersonId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import type { Authentication } from '#lib/sign-in/authentication';
import { endSessionRow } from '#lib/sign-in/end-session';
import { beginSession, type NewSession } from '#lib/sign-in/sessions';

/** The identity that signed in, as the provider says. */
export interface SignInIdentity {
  issuer: string;
  subject: string;
  name: string | null;
  email: string | null;
  emailVerified: boolean;
}

export interface SignInInput {
  provider: { id: string; trustedEmail: boolean };
  identity: SignInIdentity;
  /** How long ago the person was authenticated, where that is known in a way that counts. */
  authentication?: Authentication | null;
}

/** In lower case, A to Z only: Unicode would turn the Kelvin sign (U+212A) into `k`, and so one address into another. */
const lowerCase = (email: string) => email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** True where a rule lets this identity in. Addresses count only when the provider calls them verified. */
export function maySignIn(rules: readonly SignInRule[], provider: string, identity: SignInIdentity): boolean {
  const email = identity.emailVerified && identity.email !== null ? lowerCase(identity.email) : null;
  return rules.some(({ provider: of, allow }) => {
    if (of !== provider) return false;
    if (allow.kind === 'any') return true;
    if (email === null) return false;
    return allow.kind === 'email' ? email === allow.email : email.endsWith(`@${allow.domain}`);
  });
}

/** The configuration's word on an identity today: whether it may come in, and whether as an administrator. */
export function judgeSignIn(
  config: Pick<Config, 'signInAllow' | 'adminEmails'>,
  provider: SignInInput['provider'],
  identity: SignInIdentity,
): { allowed: boolean; adminByConfig: boolean } {
  // People of an application never sign in, whatever a provider calls itself.
  if (isApplicationIssuer(identity.issuer)) return { allowed: false, adminByConfig: false };
  const everybody = config.signInAllow.length === 0;
  const allowed = everybody || maySignIn(config.signInAllow, provider.id, identity);
  const trusted = provider.trustedEmail && identity.emailVerified && identity.email !== null;
  return { allowed, adminByConfig: trusted && config.adminEmails.includes(lowerCase(identity.email ?? '')) };
}

/**
 * Signs a person in after their provider's answer was checked: makes or finds the person by (issuer, subject), sets
 * what ADMIN_EMAILS says today, and begins a session with a new id.
 * @throws AppError `sign_in_not_allowed` or `person_disabled`; both are in the ledger then
 */
export async function signIn(ctx: Context, input: SignInInput): Promise<{ personId: string; session: NewSession }> {
  const { provider, identity, authentication = null } = input;
  const { allowed, adminByConfig } = judgeSignIn(ctx.config, provider, identity);

  // The person who is signed in here already is not the one who signs in: the entries name the person they are about.
  const visitor: Context = { ...ctx, actor: { type: 'anonymous' } };
  const attempt = () =>
    withTransaction(ctx.database.db, async (tx) => {
      // Two people are locked then, the one who was signed in here and the one who is now.
      if (ctx.actor.type === 'person') await lockFor(tx, 'people');
      const [known] = await tx
        .select({
          id: people.id,
          role: people.role,
          disabledAt: people.disabledAt,
          adminByConfig: people.adminByConfig,
        })
        .from(people)
        .where(
          and(
            eq(people.issuer, identity.issuer),
            eq(people.subject, identity.subject),
            isNull(people.applicationId),
            isNull(people.deletedAt),
          ),
        )
        .for('update');
      const refused = allowed ? (known?.disabledAt ? 'person_disabled' : null) : 'sign_in_not_allowed';
      if (refused) {
        await record(tx, visitor, {
          action: 'sign_in.refused',
          outcome: 'refused',
          code: refused,
          personId: known?.id ?? null,
          provider: provider.id,
        });
        return refused;
      }
      const profile = { name: identity.name, email: identity.email, adminByConfig, lastSignedInAt: sql`now()` };
      const personId = known?.id ?? newPersonId();
      if (known) {
        await tx.update(people).set(profile).where(eq(people.id, personId));
      } else {
        await tx.insert(people).values({
          id: personId,
          provider: provider.id,
          issuer: identity.issuer,
          subject: identity.subject,
          ...profile,
        });
      }
      if ((known?.adminByConfig ?? false) !== adminByConfig) {
        await record(tx, visitor, {
          action: 'person.role_changed',
          personId,
          details: { administrator: adminByConfig, by: 'ADMIN_EMAILS' },
        });
      }
      const role: Role = adminByConfig ? 'administrator' : (known?.role ?? 'user');
      // The browser's cookie is replaced: the person who was signed in here before is signed out, not left behind.
      if (ctx.actor.type === 'person') await endSessionRow(tx, ctx, ctx.actor);
      const session = await beginSession(tx, ctx, { id: personId, role }, authentication);
      await record(tx, visitor, {
        action: 'sign_in.completed',
        personId,
        provider: provider.id,
        details: { session: session.publicId },
      });
      return { personId, session };
    });
  // Two first sign-ins of one person at once: the second finds the person that the first has made.
  const outcome = await attempt().catch((error: unknown) => {
    if (!isUniqueViolation(error, 'people_identity')) throw error;
    return attempt();
  });
  if (typeof outcome === 'string') throw new AppError(outcome);
  return outcome;
}
