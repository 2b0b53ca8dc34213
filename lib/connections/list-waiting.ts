import { and, desc, eq, isNotNull, isNull, ne, or, sql } from 'drizzle-orm';
import { needsPerson } from '#lib/connections/needs-person';
import { selectListed, toConnectionView } from '#lib/connections/read-views';
import { isSpent } from '#lib/connections/token-clock';
import type { ConnectionView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { requirePerson } from '#lib/guards/require';

/** So many rows are looked at: a person who has more to do begins with these. */
const most = 100;

/**
 * The person's connections that wait for them, on all pages of their list. Connections to reconnect come first, then others
 * without a permission, a choice or a name, the newest first.
 * @returns `more`: there may be others
 * @throws AppError `unauthenticated`
 */
export async function listWaiting(ctx: Context): Promise<{ items: ConnectionView[]; more: boolean }> {
  requirePerson(ctx);
  const over = or(eq(connections.status, 'needs_reconnect'), isSpent);
  const rows = await selectListed(ctx.database.db)
    .where(
      and(
        eq(connections.personId, ctx.actor.personId),
        ne(connections.status, 'revoked'),
        // Every row that may need its person, and a few more: only the provider's record tells what a scope stands for.
        or(
          over,
          isNull(connections.label),
          isNotNull(connections.offered),
          sql`not ${connections.scopesRequested} <@ ${connections.scopesGranted}`,
        ),
      ),
    )
    .orderBy(desc(sql`${over}`), desc(connections.createdAt), desc(connections.id))
    .limit(most + 1);
  const connectable = new Set(ctx.providers.connectable().map(({ id }) => id));
  const views = rows.slice(0, most).map((row) => toConnectionView(ctx, row));
  return {
    items: views.filter((view) => connectable.has(view.provider.id) && needsPerson(view)),
    more: rows.length > most,
  };
}
