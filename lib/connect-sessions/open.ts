import { and, eq, gt, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import { limitRate } from '#lib/api-keys/rate-limit';
import { connectSessionSeconds, userCodeHashOf } from '#lib/connect-sessions/link';
import { mayConnect, scopesOf } from '#lib/connect-sessions/may-ask';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { apiKeys } from '#lib/db/schema/api-keys';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { isLiveKey } from '#lib/guards/live-key';
import { hashSecret } from '#lib/ids';

/** A session that a browser came to by its link. */
export interface OpenConnectSession {
  id: string;
  application: { id: string; name: string; contact: string; hasLogo: boolean; hasColours: boolean };
  person: { id: string; label: string | null };
  providers: string[];
  connectionId: string | null;
  returnUrl: string;
  /** The page of the person's connections: they choose there which one to reconnect. */
  manage: boolean;
  /** The providers that the key may see which made the session; null: every one. */
  visible: string[] | null;
  /** A device shows a code, and the browser does not go back to the application. */
  device: boolean;
  /** By provider the scopes that will be asked for. */
  scopes: (provider: string) => string[];
}

/** Which session a secret names. A code is short, so that tries are counted before the database is asked. */
async function namedBy(ctx: Context, token: string): Promise<SQL | undefined> {
  const userCodeHash = userCodeHashOf(ctx, token);
  if (userCodeHash !== null) {
    // By address also of somebody signed in, who could begin many sessions to try from.
    await limitRate({ ...ctx, actor: { type: 'anonymous' } }, 'user_code');
    return eq(connectSessions.userCodeHash, userCodeHash);
  }
  return /^[\w-]{43}$/.test(token) ? eq(connectSessions.tokenHash, hashSecret(token)) : undefined;
}

/** Of the asked scopes the ones that are allowed still. Where none is left, asking for none would ask for the server's own. */
function scopesNow(asked: readonly string[] | null, allowed: string[]): string[] {
  const scopes = asked?.filter((scope) => allowed.includes(scope)) ?? allowed;
  if (asked && scopes.length === 0) throw new AppError('connect_session_over');
  return scopes;
}

/**
 * The open session of a link's secret, or of the code that a device shows.
 * @param manage the secret is of a browser that opened the page of somebody's connections, and no link's. Such a page ends
 *   with its API key
 * @throws AppError `rate_limited` for one who tries codes; `connect_session_over` also where there never was one: a link says nothing of others
 */
export async function openConnectSession(
  ctx: Context,
  token: string,
  { manage = false } = {},
): Promise<OpenConnectSession> {
  const named = await namedBy(ctx, token);
  const [row] = named
    ? await ctx.database.db
        .select({
          id: connectSessions.id,
          providers: connectSessions.providers,
          connectionId: connectSessions.connectionId,
          returnUrl: connectSessions.returnUrl,
          device: sql<boolean>`${connectSessions.userCodeHash} is not null`,
          manage: connectSessions.manage,
          visible: apiKeys.providers,
          asked: connectSessions.scopes,
          application: {
            ...{ id: applications.id, name: applications.name, contact: applications.contact },
            hasLogo: sql<boolean>`${applications.logo} is not null`,
            hasColours: sql<boolean>`${applications.colourLight} is not null`,
          },
          allowed: {
            ...{ providers: applications.providers, scopes: applications.scopes },
            returnUrls: applications.returnUrls,
          },
          person: { id: people.id, label: people.name },
        })
        .from(connectSessions)
        .innerJoin(applications, eq(applications.id, connectSessions.applicationId))
        .innerJoin(people, eq(people.id, connectSessions.personId))
        .leftJoin(apiKeys, eq(apiKeys.id, connectSessions.apiKeyId))
        .where(
          and(
            named,
            eq(connectSessions.manage, manage),
            manage ? and(isNotNull(connectSessions.openedAt), isNotNull(apiKeys.id), isLiveKey) : undefined,
            eq(connectSessions.status, 'open'),
            gt(connectSessions.expiresAt, sql`now()`),
            isNull(applications.disabledAt),
            isNull(people.disabledAt),
            isNull(people.deletedAt),
          ),
        )
    : [];
  if (!row) throw new AppError('connect_session_over');
  const { asked, allowed, ...session } = row;
  // An administrator may have narrowed since what the application may ask, and where it leads people.
  const providers = session.providers.filter((id) => mayConnect(allowed, id));
  const returns = session.device || allowed.returnUrls.includes(session.returnUrl);
  if ((providers.length === 0 && !manage) || !returns) throw new AppError('connect_session_over');
  return { ...session, providers, scopes: (provider) => scopesNow(asked, scopesOf(ctx, allowed, provider)) };
}

/**
 * Gives a person who goes on to the provider the time of a flow, once: pressing the button again and again keeps no link
 * alive for longer than two times its life.
 */
export async function extendConnectSession(tx: Db, id: string): Promise<void> {
  const { createdAt, expiresAt, status } = connectSessions;
  const seconds = (n: number) => sql`make_interval(secs => ${n}::float8)`;
  const extended = sql`greatest(${expiresAt},
    least(now() + ${seconds(connectSessionSeconds)}, ${createdAt} + ${seconds(2 * connectSessionSeconds)}))`;
  const rows = await tx
    .update(connectSessions)
    .set({ expiresAt: extended })
    .where(and(eq(connectSessions.id, id), eq(status, 'open')))
    .returning({ id: connectSessions.id });
  if (rows.length === 0) throw new AppError('connect_session_over');
}
