import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { BulkRowView } from '#lib/bulk-revocation/views';
import { itsPersonColumns, personJson, toItsPerson } from '#lib/connections/its-person';
import type { Context } from '#lib/context';
import type { Page } from '#lib/cursor';
import { bulkRevocationRows } from '#lib/db/schema/bulk-revocations';
import { connectionUses } from '#lib/db/schema/connection-uses';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { shownName } from '#lib/db/shown-name';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

/** Which rows: those not over at their provider yet, those with something wrong, those proved dead, those merely told. */
export const bulkRowFilters = ['open', 'wrong', 'proved', 'unproved'] as const;
export type BulkRowFilter = (typeof bulkRowFilters)[number];

export const listBulkRowsInput = z.object({
  id: z.string().max(64),
  show: z.enum(bulkRowFilters).optional(),
  /** The last row of the page before. */
  cursor: z
    .string()
    .regex(/^con_[0-9a-z]{32}$/)
    .optional(),
  limit: z.int().min(1).max(1000).default(50),
});
export type ListBulkRowsInput = z.input<typeof listBulkRowsInput>;

const conditions: Record<BulkRowFilter, SQL> = {
  open: sql`(${bulkRevocationRows.state} = 'waiting' or ${revocations.state} = 'pending' or ${revocations.proof} = 'due')`,
  wrong: sql`(${bulkRevocationRows.state} = 'failed' or ${revocations.state} in ('failed', 'unsupported')
    or ${revocations.proof} = 'still_accepted' or (${revocations.state} = 'pending' and ${revocations.lastErrorCode} is not null))`,
  proved: sql`${revocations.proof} = 'proved'`,
  unproved: sql`(${revocations.state} = 'revoked_upstream' and ${revocations.proof} <> 'proved')`,
};

/**
 * The course of each connection of a bulk revocation, in pages. For administrators and auditors.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`; `not_found` where a page is empty from its beginning
 */
export async function listBulkRows(ctx: Context, input: ListBulkRowsInput): Promise<Page<BulkRowView>> {
  requireReader(ctx);
  const { id, show, cursor, limit } = parseInput(listBulkRowsInput, input);
  const row = bulkRevocationRows;
  const found = await ctx.database.db
    .select({
      ...itsPersonColumns,
      personId: row.personId,
      connectionId: row.connectionId,
      provider: row.provider,
      state: row.state,
      code: row.code,
      doneAt: row.doneAt,
      label: connections.label,
      subject: connections.subject,
      connectedAt: connections.connectedAt,
      lastUsedAt: connectionUses.lastUsedAt,
      name: shownName(people),
      upstream: revocations.state,
      attempts: revocations.attempts,
      lastErrorCode: revocations.lastErrorCode,
      finishedAt: revocations.finishedAt,
      proof: revocations.proof,
      provedAt: revocations.provedAt,
      evidence: revocations.evidence,
      honouredUntil: revocations.honouredUntil,
    })
    .from(row)
    .innerJoin(connections, and(eq(connections.personId, row.personId), eq(connections.id, row.connectionId)))
    .innerJoin(people, eq(people.id, row.personId))
    .leftJoin(
      connectionUses,
      and(eq(connectionUses.personId, row.personId), eq(connectionUses.connectionId, row.connectionId)),
    )
    .leftJoin(
      revocations,
      and(
        eq(revocations.personId, row.personId),
        eq(revocations.connectionId, row.connectionId),
        eq(revocations.replacedGeneration, 0),
      ),
    )
    .where(and(eq(row.bulkId, id), cursor ? gt(row.connectionId, cursor) : undefined, show && conditions[show]))
    .orderBy(asc(row.connectionId))
    .limit(limit + 1);
  if (found.length === 0 && !cursor && !show) throw new AppError('not_found');
  const shown = found.slice(0, limit);
  return {
    items: shown.map((one): BulkRowView => {
      const provider = ctx.providers.get(one.provider);
      return {
        connectionId: one.connectionId,
        provider: { id: one.provider, name: provider?.name ?? one.provider },
        person: { id: one.personId, name: one.name },
        identity: personJson(toItsPerson(one)),
        label: one.label ?? one.subject,
        connectedAt: one.connectedAt,
        lastUsedAt: one.lastUsedAt,
        state: one.state,
        code: one.code,
        doneAt: one.doneAt,
        upstream:
          one.upstream === null
            ? null
            : {
                state: one.upstream,
                attempts: one.attempts ?? 0,
                lastErrorCode: one.lastErrorCode,
                finishedAt: one.finishedAt,
                manualUrl: provider?.revoke.manual_url ?? null,
                proof: {
                  state: one.proof ?? 'none',
                  provedAt: one.provedAt,
                  tokens: one.evidence?.tokens ?? [],
                  selfContained: one.evidence?.selfContained ?? false,
                  honouredUntil: one.honouredUntil,
                },
              },
      };
    }),
    nextCursor: found.length > limit ? (shown.at(-1)?.connectionId ?? null) : null,
  };
}
