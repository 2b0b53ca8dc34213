import { and, asc, eq, inArray, isNotNull, min, type SQL, sql } from 'drizzle-orm';
import { type Freezes, isUnder, standingFreezes } from '#lib/connections/freezes';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { requireReader } from '#lib/guards/require';
import { personOfConnection } from '#lib/ids';

/** When the first of the frozen grants of a provider dies, because it is not refreshed meanwhile. */
export interface IdleDeadlineView {
  provider: { id: string; name: string };
  /** After so many days without a refresh, by the provider's record. */
  days: number;
  at: Date;
}

/** As the index that keeps grants alive has it. */
const lastLifeSign = sql`greatest(${connections.lastRefreshedAt}, ${connections.connectedAt})`;

/** The people with connections that a freeze can be over, where none stands over the whole provider. */
const ownersUnder = (freezes: Freezes) => [
  ...new Set([...freezes.persons, ...freezes.connections.flatMap((id) => personOfConnection(id) ?? [])]),
];

/**
 * When idle grants will start to expire under the freezes that stand, the soonest first: one line for each provider with a
 * record that says after how many days. Grants that were over their days before are not counted.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listIdleDeadlines(ctx: Context): Promise<IdleDeadlineView[]> {
  requireReader(ctx);
  const { db } = ctx.database;
  const freezes = await standingFreezes(db);
  const owners = ownersUnder(freezes);
  const found = await Promise.all(
    ctx.providers.list().map(async ({ id, name, idle_keepalive_days: days }): Promise<IdleDeadlineView[]> => {
      if (days === null) return [];
      const whole = freezes.everything || freezes.providers.includes(id);
      if (!whole && owners.length === 0) return [];
      const alive: (SQL | undefined)[] = [
        eq(connections.provider, id),
        eq(connections.status, 'connected'),
        isNotNull(connections.refreshToken),
        sql`${lastLifeSign} > now() - make_interval(days => ${days}::int)`,
      ];
      const end = sql`${lastLifeSign} + make_interval(days => ${days}::int)`.mapWith(connections.connectedAt);
      const [row] = whole
        ? await db
            .select({ at: end })
            .from(connections)
            .where(and(...alive))
            .orderBy(asc(lastLifeSign))
            .limit(1)
        : await db
            .select({ at: sql<Date | null>`${min(end)}`.mapWith(connections.connectedAt) })
            .from(connections)
            .where(and(inArray(connections.personId, owners), isUnder(freezes), ...alive));
      return row?.at ? [{ provider: { id, name }, days, at: row.at as Date }] : [];
    }),
  );
  return found.flat().sort((a, b) => a.at.getTime() - b.at.getTime());
}
