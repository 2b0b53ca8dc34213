import { and, desc, eq, inArray, ne, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { shownName } from '#lib/db/shown-name';
import { AppError } from '#lib/errors';
import { isOwn } from '#lib/guards/is-own';
import { readsEverything } from '#lib/guards/require';
import { personOfConnection } from '#lib/ids';
import type { RevokeRule } from '#lib/oauth/types';

/** A connection that ends with another one. */
export interface AffectedConnection {
  id: string;
  provider: { id: string; name: string };
  label: string;
  /** Its person, for readers who may see everybody's. */
  person: { id: string; name: string | null } | null;
}

/** What revoking one connection does to others. */
export interface BlastRadiusView {
  /** `token`: nothing else. `grant`: the others may end, `account`: they do. */
  radius: RevokeRule['blast_radius'];
  /** Those the caller may see: a person their own, a reader of everything all; at most 20. */
  connections: AffectedConnection[];
  /** Further ones: of somebody else, or beyond the 20. */
  more: number;
}

const shown = 20;

/**
 * Which live connections end at the provider together with this one, because they hang on the same account there: at
 * Google all of the account's, whichever of the operator's clients they were made with.
 * @throws AppError `not_found`, also for another person's connection
 */
export async function getBlastRadius(ctx: Context, { id }: { id: string }): Promise<BlastRadiusView> {
  const { db } = ctx.database;
  const personId = personOfConnection(id);
  const all = readsEverything(ctx);
  const [row] = personId
    ? await db
        .select({ provider: connections.provider, issuer: connections.issuer, subject: connections.subject })
        .from(connections)
        .where(and(eq(connections.personId, personId), eq(connections.id, id)))
    : [];
  if (!row || !personId || !(all || isOwn(ctx.actor, personId, row.provider))) throw new AppError('not_found');
  const radius = ctx.providers.get(row.provider)?.revoke.blast_radius ?? 'token';
  if (radius === 'token') return { radius, connections: [], more: 0 };
  const wide = ctx.providers.list().filter(({ revoke }) => revoke.blast_radius === 'account');
  const reach = ctx.actor.type === 'application_person' ? ctx.actor.providers : null;
  const providers = radius === 'account' ? wide.map((provider) => provider.id) : [row.provider];
  const others = and(
    eq(connections.issuer, row.issuer),
    eq(connections.subject, row.subject),
    inArray(connections.provider, providers),
    ne(connections.status, 'revoked'),
    ne(connections.id, id),
  );
  const [[counted], listed] = await Promise.all([
    db.select({ count: sql<number>`count(*)::int` }).from(connections).where(others),
    db
      .select({
        id: connections.id,
        provider: connections.provider,
        label: connections.label,
        subject: connections.subject,
        personId: connections.personId,
        name: shownName(people),
      })
      .from(connections)
      .innerJoin(people, eq(people.id, connections.personId))
      .where(
        and(
          others,
          all ? undefined : eq(connections.personId, personId),
          reach ? inArray(connections.provider, [...reach]) : undefined,
        ),
      )
      .orderBy(desc(connections.createdAt))
      .limit(shown),
  ]);
  return {
    radius,
    connections: listed.map((one) => ({
      id: one.id,
      provider: { id: one.provider, name: ctx.providers.get(one.provider)?.name ?? one.provider },
      label: one.label ?? one.subject,
      person: all ? { id: one.personId, name: one.name } : null,
    })),
    more: (counted?.count ?? 0) - listed.length,
  };
}
