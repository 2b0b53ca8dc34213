import { and, desc, eq, isNull, not, sql } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeyColumns } from '#lib/api-keys/read-views';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { type CappedCount, countCapped } from '#lib/db/count-capped';
import { apiKeys } from '#lib/db/schema/api-keys';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

/** A key that ends within this is to be replaced. */
export const expiringWithinDays = 14;

export const listApiKeysInput = z.object({
  /** Only keys that are accepted and end soon. */
  expiring: z.boolean().default(false),
  /** Accepted keys, or ended ones (expired or revoked); both unless set. */
  state: z.enum(['accepted', 'ended']).optional(),
  /** Only keys of this application. */
  application: z.string().max(64).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(1000).default(50),
});
export type ListApiKeysInput = z.input<typeof listApiKeysInput>;

const sort = 'newest';

/** True for keys that are accepted and end within `expiringWithinDays`. */
const endsSoon = and(
  isNull(apiKeys.revokedAt),
  sql`${apiKeys.expiresAt} > clock_timestamp()`,
  sql`${apiKeys.expiresAt} < clock_timestamp() + make_interval(days => ${expiringWithinDays}::int)`,
);

const isAccepted = sql`(${apiKeys.revokedAt} is null and coalesce(${apiKeys.expiresAt} > clock_timestamp(), true))`;

/** The cursor that a page goes on with after this key. */
export function cursorAfterKey({ createdAt, id }: Pick<ApiKeyView, 'createdAt' | 'id'>): string {
  return encodeCursor({ at: createdAt.toISOString(), id, sort });
}

/**
 * API keys, the newest first, a page at a time.
 * @throws AppError `forbidden` unless an administrator, an auditor or our own command line asks; `invalid_request`
 */
export async function listApiKeys(ctx: Context, input: ListApiKeysInput = {}): Promise<Page<ApiKeyView>> {
  requireReader(ctx);
  const { expiring, state, application, cursor, limit } = parseInput(listApiKeysInput, input);
  const at = cursor === undefined ? undefined : decodeCursor(cursor, sort);
  const rows = await ctx.database.db
    .select(apiKeyColumns)
    .from(apiKeys)
    .where(
      and(
        expiring ? endsSoon : undefined,
        state && (state === 'accepted' ? isAccepted : not(isAccepted)),
        application === undefined ? undefined : eq(apiKeys.applicationId, application),
        at && sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (${at.at}::timestamptz, ${at.id})`,
      ),
    )
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
    .limit(limit + 1);
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? cursorAfterKey(last) : null };
}

/** How many keys are accepted and end soon. @throws AppError `unauthenticated`, `forbidden` */
export function countExpiringKeys(ctx: Context, upTo: number): Promise<CappedCount> {
  requireReader(ctx);
  return countCapped(ctx.database.db, sql`(select 1 from ${apiKeys} where ${endsSoon} limit ${upTo + 1})`, upTo);
}

/** So many keys are offered where one is chosen; of the others a link leads there from the list of keys. */
const mostChoices = 100;

/**
 * Keys to choose from in a form, the newest first, and the one that was chosen before, however old.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listKeyChoices(
  ctx: Context,
  chosen: string | undefined,
): Promise<Pick<ApiKeyView, 'id' | 'name' | 'prefix'>[]> {
  const { items } = await listApiKeys(ctx, { limit: mostChoices });
  const choices = items.map(({ id, name, prefix }) => ({ id, name, prefix }));
  if (!chosen || choices.some(({ id }) => id === chosen)) return choices;
  const older = await ctx.database.db
    .select({ id: apiKeys.id, name: apiKeys.name, prefix: apiKeys.prefix })
    .from(apiKeys)
    .where(eq(apiKeys.id, chosen));
  return [...older, ...choices];
}
