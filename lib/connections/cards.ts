import { and, desc, eq, inArray, ne, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { standingFreezes } from '#lib/connections/freezes';
import { describeScopes, itsRevocation, selectListed, toConnectionView } from '#lib/connections/read-views';
import type { ConnectionView, ProviderCardView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { requirePerson } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

export const listProviderCardsInput = z.object({
  /** The card of this provider alone, with all of the person's accounts there, page by page. */
  only: z.string().max(64).optional(),
  /** Of the pages of one provider. */
  cursor: z.string().max(500).optional(),
  /** A connection that the first page has in any case: a flow tells of it there. */
  including: z.string().max(200).optional(),
  /** Connections of a page, over all cards. */
  limit: z.int().min(1).max(100).default(15),
});
type Input = z.infer<typeof listProviderCardsInput>;

const sort = 'newest';
const { id, provider, createdAt, status } = connections;

/**
 * The person's connections page: a card for each configured provider, in the order the operator gave them, with the
 * person's accounts there, the newest first. Where they are more than fit on a page, each provider shows its newest ones,
 * and the pages of that provider (`only`) show all. Revoked ones stay while something is still to be said about them:
 * until the provider has confirmed, and for a day.
 * @throws AppError `unauthenticated`, `invalid_request`
 */
export async function listProviderCards(
  ctx: Context,
  input: z.input<typeof listProviderCardsInput> = {},
): Promise<Page<ProviderCardView>> {
  requirePerson(ctx);
  const parsed = parseInput(listProviderCardsInput, input);
  const { personId } = ctx.actor;
  const listed = and(
    eq(connections.personId, personId),
    parsed.only === undefined ? undefined : eq(provider, parsed.only),
    or(
      ne(status, 'revoked'),
      eq(revocations.state, 'pending'),
      sql`${connections.revokedAt} > now() - interval '1 day'`,
    ),
  );
  const freezes = await standingFreezes(ctx.database.db);
  const counts = await countByProvider(ctx, listed);
  const { views, nextCursor } =
    parsed.only === undefined
      ? { views: await readNewestOfEach(ctx, listed, parsed), nextCursor: null }
      : await readPage(ctx, listed, parsed);

  const card = (providerId: string): ProviderCardView => {
    const known = ctx.providers.get(providerId);
    const record = known?.connect ? known : undefined;
    return {
      provider: { id: providerId, name: known?.name ?? providerId, preset: known?.preset ?? 'oidc' },
      scopes: record ? describeScopes(record, record.scopes) : [],
      accountParams: (record?.account_params ?? []).map(({ name, label, pattern, example }) => ({
        name,
        label,
        pattern,
        example,
      })),
      pkce: !record?.dangerously_without_pkce,
      configured: record !== undefined,
      paused: freezes.everything || freezes.providers.includes(providerId) || freezes.persons.includes(personId),
      live: counts.get(providerId)?.live ?? 0,
      listed: counts.get(providerId)?.listed ?? 0,
      connections: views.filter((view) => view.provider.id === providerId),
    };
  };
  const offered = ctx.providers.connectable().map((record) => record.id);
  // Then providers that the operator took out: their connections can still be seen and ended.
  const ids = new Set([...offered, ...counts.keys()]);
  const shown = parsed.only === undefined ? [...ids] : [...ids].filter((one) => one === parsed.only);
  return { items: shown.map(card), nextCursor };
}

async function countByProvider(ctx: Context, listed: SQL | undefined) {
  const rows = await ctx.database.db
    .select({
      provider,
      listed: sql<number>`count(*)::int`,
      live: sql<number>`(count(*) filter (where ${ne(status, 'revoked')}))::int`,
    })
    .from(connections)
    .leftJoin(revocations, itsRevocation)
    .where(listed)
    .groupBy(provider)
    .orderBy(provider);
  return new Map(rows.map((row) => [row.provider, row]));
}

/** Of each provider as many as of the others, the live ones first: none fills the page alone. */
async function readNewestOfEach(ctx: Context, listed: SQL | undefined, { including, limit }: Input) {
  const its = sql`partition by ${provider} order by ${status} = 'revoked', ${createdAt} desc, ${id} desc`;
  const picked = await ctx.database.db
    .select({ id })
    .from(connections)
    .leftJoin(revocations, itsRevocation)
    .where(listed)
    .orderBy(desc(sql`${id} = ${including ?? ''}`), sql`row_number() over (${its})`, desc(createdAt))
    .limit(limit);
  const ids = picked.map((row) => row.id);
  return await readViews(ctx, and(listed, inArray(id, ids)), limit);
}

async function readPage(ctx: Context, listed: SQL | undefined, { cursor, limit }: Input) {
  const at = cursor === undefined ? undefined : decodeCursor(cursor, sort);
  const after = at && sql`(${createdAt}, ${id}) < (${at.at}::timestamptz, ${at.id})`;
  const views = await readViews(ctx, and(listed, after), limit + 1);
  const last = views.length > limit ? views[limit - 1] : undefined;
  const nextCursor = last ? encodeCursor({ at: last.createdAt.toISOString(), id: last.id, sort }) : null;
  return { views: views.slice(0, limit), nextCursor };
}

async function readViews(ctx: Context, condition: SQL | undefined, limit: number): Promise<ConnectionView[]> {
  const rows = await selectListed(ctx.database.db).where(condition).orderBy(desc(createdAt), desc(id)).limit(limit);
  return rows.map((row) => toConnectionView(ctx, row));
}
