import { and, desc, eq, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { standingFreezes } from '#lib/connections/freezes';
import {
  describeScopes,
  itsKey,
  itsRevocation,
  itsUse,
  listedColumns,
  toConnectionView,
} from '#lib/connections/read-views';
import type { ProviderCardView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connectionUses } from '#lib/db/schema/connection-uses';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { requirePerson } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

export const listProviderCardsInput = z.object({
  cursor: z.string().max(500).optional(),
  /** Connections of a page, over all cards. */
  limit: z.int().min(1).max(100).default(100),
});

const sort = 'newest';

/**
 * The person's connections page: a card for each configured provider, in the order the operator gave them, with the
 * person's accounts there, the newest first; of more than fit on a page, those of this page. Revoked ones stay while something is still to be said about them: until the provider has
 * confirmed, and for a day.
 * @throws AppError `unauthenticated`, `invalid_request`
 */
export async function listProviderCards(
  ctx: Context,
  input: z.input<typeof listProviderCardsInput> = {},
): Promise<Page<ProviderCardView>> {
  requirePerson(ctx);
  const { cursor, limit } = parseInput(listProviderCardsInput, input);
  const at = cursor === undefined ? undefined : decodeCursor(cursor, sort);
  const { personId } = ctx.actor;
  const freezes = await standingFreezes(ctx.database.db);
  const paused = (provider: string) =>
    freezes.everything || freezes.providers.includes(provider) || freezes.persons.includes(personId);
  const rows = await ctx.database.db
    .select(listedColumns)
    .from(connections)
    .leftJoin(revocations, itsRevocation)
    .leftJoin(connectionUses, itsUse)
    .leftJoin(apiKeys, itsKey)
    .where(
      and(
        eq(connections.personId, personId),
        at && sql`(${connections.createdAt}, ${connections.id}) < (${at.at}::timestamptz, ${at.id})`,
        or(
          ne(connections.status, 'revoked'),
          eq(revocations.state, 'pending'),
          sql`${connections.revokedAt} > now() - interval '1 day'`,
        ),
      ),
    )
    .orderBy(desc(connections.createdAt), desc(connections.id))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const views = shown.map((row) => toConnectionView(ctx, row));
  const configured = ctx.providers.connectable().map(
    (provider): ProviderCardView => ({
      provider: { id: provider.id, name: provider.name, preset: provider.preset ?? 'oidc' },
      scopes: describeScopes(provider, provider.scopes),
      accountParams: provider.account_params.map(({ name, label, pattern, example }) => ({
        name,
        label,
        pattern,
        example,
      })),
      pkce: !provider.dangerously_without_pkce,
      configured: true,
      paused: paused(provider.id),
      connections: views.filter((view) => view.provider.id === provider.id),
    }),
  );
  // A provider that the operator took out: its connections can still be seen and ended.
  const gone = [...new Set(views.map((view) => view.provider.id))].filter((id) => !ctx.providers.get(id));
  const cards = [
    ...configured,
    ...gone.map(
      (id): ProviderCardView => ({
        provider: { id, name: id, preset: 'oidc' },
        scopes: [],
        accountParams: [],
        pkce: true,
        configured: false,
        paused: paused(id),
        connections: views.filter((view) => view.provider.id === id),
      }),
    ),
  ];
  const nextCursor = last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort }) : null;
  return { items: cards, nextCursor };
}
