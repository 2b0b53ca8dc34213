import { and, eq, isNull } from 'drizzle-orm';
import { subjectOfUser } from '#lib/applications/put-person';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { applications } from '#lib/db/schema/applications';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { isApplicationIssuer, issuerOfApplication } from '#lib/guards/application-issuer';
import { findPerson } from '#lib/people/find-person';
import type { ImportRow } from '#lib/transfer/import-row';

/** A fault of one row, as its line says it. */
export const rowFault = (message: string) => new AppError('invalid_request', { message });

/** The person of a row. */
export interface Found {
  /** Null where they are to be made. */
  id: string | null;
  make: Omit<typeof people.$inferInsert, 'id'> | null;
  /** The scopes that their application asks for; null: those of the provider's record. */
  scopes: string[] | null;
  /** The application that knows them; null: they sign in to the hub. */
  application: string | null;
}

/** A person who is not disabled, or null. */
async function livePerson(ctx: Context, who: { issuer: string; subject: string } | { id: string }) {
  const is = 'id' in who ? eq(people.id, who.id) : and(eq(people.issuer, who.issuer), eq(people.subject, who.subject));
  const [person] = await ctx.database.db
    .select({ id: people.id, disabledAt: people.disabledAt, application: people.applicationId })
    .from(people)
    .where(and(is, isNull(people.deletedAt)));
  if (person?.disabledAt) throw rowFault('user_id: this person is disabled');
  return person ?? null;
}

/** What an application asks the provider for. @throws AppError `invalid_request` where it may not use it */
async function scopesAt(ctx: Context, id: string, provider: string): Promise<string[] | null> {
  const [application] = await ctx.database.db
    .select({ providers: applications.providers, scopes: applications.scopes })
    .from(applications)
    .where(and(eq(applications.id, id), isNull(applications.disabledAt)));
  if (!application) throw rowFault('application: there is none with this id, or it is disabled');
  if (application.providers && !application.providers.includes(provider))
    throw rowFault('application: it may not use this provider');
  return (Object.hasOwn(application.scopes, provider) ? application.scopes[provider] : undefined) ?? null;
}

/** One of the people of an application, by its own ids: never a person of the hub or of another application. */
async function ofApplication(ctx: Context, row: ImportRow, id: string, provider: string): Promise<Found> {
  const scopes = await scopesAt(ctx, id, provider);
  const user = { id: row.user ?? '', tenant: row.tenant };
  const identity = { issuer: issuerOfApplication(id), subject: subjectOfUser(user) };
  const found = await livePerson(ctx, identity);
  const make = {
    ...{ provider: id, ...identity, name: row.user_label },
    ...{ applicationId: id, applicationUser: user.id, applicationTenant: user.tenant },
  };
  return { id: found?.id ?? null, make: found === null ? make : null, scopes, application: id };
}

/**
 * The person of a row; one to be made where the row names one of an application, or a subject at a provider that people
 * sign in with.
 * @throws AppError `invalid_request` with the fault of the row
 */
export async function personOfRow(
  ctx: Context,
  row: ImportRow,
  { signIn, provider: of }: { signIn: string | null; provider: string },
): Promise<Found> {
  const { user_id: userId, application } = row;
  if (application !== null) {
    if (signIn !== null) throw rowFault('application: its people sign in nowhere, so leave --people away');
    return ofApplication(ctx, row, application, of);
  }
  if (userId === null) throw rowFault('user_id: is missing');
  if (signIn === null) {
    const found = await livePerson(ctx, { id: await findPerson(ctx, userId) });
    if (found === null) throw rowFault('user_id: no person here has this id or address');
    const { id, application: its } = found;
    // By which name they come in does not matter for what their application may have.
    return { id, make: null, scopes: its === null ? null : await scopesAt(ctx, its, of), application: its };
  }
  const provider = ctx.providers.get(signIn);
  const issuer = provider?.identity.issuer ?? provider?.issuer;
  if (!provider?.sign_in || !issuer || isApplicationIssuer(issuer))
    throw rowFault(`people: nobody signs in with ${signIn} here`);
  const identity = { issuer, subject: userId };
  const found = await livePerson(ctx, identity);
  const make = found === null ? { provider: signIn, ...identity } : null;
  return { id: found?.id ?? null, make, scopes: null, application: null };
}

/** Disabling the application waits for the caller's transaction, or this sees that it happened. */
export async function holdApplication(tx: Db, id: string): Promise<void> {
  const [live] = await tx
    .select({ id: applications.id })
    .from(applications)
    .where(and(eq(applications.id, id), isNull(applications.disabledAt)))
    .for('share');
  if (!live) throw rowFault('application: there is none with this id, or it is disabled');
}
