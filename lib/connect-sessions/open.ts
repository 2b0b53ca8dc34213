import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { connectSessionSeconds } from '#lib/connect-sessions/link';
import { scopesOf } from '#lib/connect-sessions/may-ask';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { hashSecret } from '#lib/ids';

/** A session that a browser came to by its link. */
export interface OpenConnectSession {
  id: string;
  application: { id: string; name: string; contact: string };
  person: { id: string; label: string | null };
  providers: string[];
  connectionId: string | null;
  returnUrl: string;
  /** By provider the scopes that will be asked for. */
  scopes: (provider: string) => string[];
}

/**
 * The open session of a link's secret.
 * @throws AppError `connect_session_over` also where there never was one: a link says nothing of others
 */
export async function openConnectSession(ctx: Context, token: string): Promise<OpenConnectSession> {
  const [row] = /^[\w-]{43}$/.test(token)
    ? await ctx.database.db
        .select({
          id: connectSessions.id,
          providers: connectSessions.providers,
          connectionId: connectSessions.connectionId,
          returnUrl: connectSessions.returnUrl,
          asked: connectSessions.scopes,
          application: { id: applications.id, name: applications.name, contact: applications.contact },
          applicationScopes: applications.scopes,
          person: { id: people.id, label: people.name },
        })
        .from(connectSessions)
        .innerJoin(applications, eq(applications.id, connectSessions.applicationId))
        .innerJoin(people, eq(people.id, connectSessions.personId))
        .where(
          and(
            eq(connectSessions.tokenHash, hashSecret(token)),
            eq(connectSessions.status, 'open'),
            gt(connectSessions.expiresAt, sql`now()`),
            isNull(applications.disabledAt),
            isNull(people.disabledAt),
            isNull(people.deletedAt),
          ),
        )
    : [];
  if (!row) throw new AppError('connect_session_over');
  const { asked, applicationScopes, ...session } = row;
  return { ...session, scopes: (provider) => asked ?? scopesOf(ctx, { scopes: applicationScopes }, provider) };
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
