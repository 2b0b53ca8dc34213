import { and, desc, eq, inArray, ne, or, sql } from 'drizzle-orm';
import { backToApplication } from '#lib/connect-sessions/back-to-application';
import { type OpenConnectSession, openConnectSession } from '#lib/connect-sessions/open';
import { selectListed, toConnectionView } from '#lib/connections/read-views';
import type { ConnectionView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { AppError } from '#lib/errors';

/** Connections of one page: far more than a person has at one application. */
const most = 100;

/** A context in which a person of an application acts on the page that their browser opened. */
export interface ManagedContext extends Context {
  actor: Extract<Context['actor'], { type: 'application_person' }>;
}

/** The page of a person's connections at an application. */
export interface ManagedPage {
  ctx: ManagedContext;
  application: OpenConnectSession['application'];
  /** The name by which the application knows the person, where it gave one. */
  label: string | null;
  /** The site that the person comes back to. */
  site: string;
  /** Back to the application. */
  back: string;
  /** Whether a connection there may be reconnected: the application may still connect the provider. */
  reconnects: (provider: string) => boolean;
}

/**
 * The page that a browser opened, by the secret that it got then. Somebody who is signed in to the hub in the same browser
 * counts for nothing on it.
 * @throws AppError `connect_session_over`, also for the page of another browser
 */
export async function findManaged(
  caller: Context,
  { id, secret }: { id: string; secret: string | undefined },
): Promise<ManagedPage> {
  const session = secret ? await openConnectSession(caller, secret, { manage: true }) : undefined;
  if (session?.id !== id) throw new AppError('connect_session_over');
  const { application, person, providers, visible, returnUrl } = session;
  const actor = {
    ...{ type: 'application_person' as const, personId: person.id, applicationId: application.id },
    ...{ connectSession: id, providers: visible },
  };
  return {
    ctx: { ...caller, actor },
    application,
    label: person.label,
    site: new URL(returnUrl).host,
    back: backToApplication(returnUrl, { session: id }),
    reconnects: (provider) => providers.includes(provider) && caller.providers.get(provider)?.connect === true,
  };
}

/**
 * The person's connections that the application's key may see, the newest first. Revoked ones stay while something is still
 * to be said about them: until the provider has confirmed, and for a day.
 */
export async function listManaged({ actor, ...ctx }: ManagedContext): Promise<ConnectionView[]> {
  const rows = await selectListed(ctx.database.db)
    .where(
      and(
        eq(connections.personId, actor.personId),
        actor.providers ? inArray(connections.provider, [...actor.providers]) : undefined,
        or(
          ne(connections.status, 'revoked'),
          eq(revocations.state, 'pending'),
          sql`${connections.revokedAt} > now() - interval '1 day'`,
        ),
      ),
    )
    .orderBy(desc(connections.createdAt), desc(connections.id))
    .limit(most);
  return rows.map((row) => toConnectionView(ctx, row));
}
