import { and, desc, inArray, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ledgerFilter, withinFilter } from '#lib/audit/ledger-filter';
import { historySentence } from '#lib/connections/history-sentence';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { type Db, withTransaction } from '#lib/db/database';
import { apiKeys } from '#lib/db/schema/api-keys';
import { ledger } from '#lib/db/schema/ledger';
import { people } from '#lib/db/schema/people';
import { shownName } from '#lib/db/shown-name';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import type { LedgerTableRow } from '#lib/ledger/columns';
import { parseInput } from '#lib/parse-input';

export const listLedgerInput = ledgerFilter.extend({
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(200).default(50),
});
export type ListLedgerInput = z.input<typeof listLedgerInput>;

/** An id with the name that it has now; null where there is none any more. */
export interface Named {
  id: string;
  name: string | null;
}

/** An entry of the ledger as its page shows it. */
export interface LedgerEntryView {
  id: number;
  at: Date;
  action: string;
  sentence: string;
  outcome: LedgerTableRow['outcome'];
  code: string | null;
  actor: Named & { type: LedgerTableRow['actorType'] };
  person: Named | null;
  apiKey: Named | null;
  connectionId: string | null;
  provider: string | null;
  ip: string | null;
  requestId: string | null;
  count: number;
  details: LedgerTableRow['details'];
}

/** Where a page goes on, newest first. @throws AppError `invalid_request` for a cursor of another list */
export function before(cursor: string | undefined): SQL | undefined {
  if (!cursor) return undefined;
  const { at, id } = decodeCursor(cursor, 'newest');
  if (!/^\d{1,18}$/.test(id)) throw new AppError('invalid_request');
  // The first half lets whole months be left out.
  return sql`${ledger.at} <= ${at}::timestamptz and (${ledger.at}, ${ledger.id}) < (${at}::timestamptz, ${id}::bigint)`;
}

/** The cursor after a row. */
export function cursorAfter({ at, id }: Pick<LedgerTableRow, 'at' | 'id'>): string {
  return encodeCursor({ at: at.toISOString(), id: String(id), sort: 'newest' });
}

/** The cursor with which a page begins at this very entry. */
export function cursorFrom({ at, id }: Pick<LedgerEntryView, 'at' | 'id'>): string {
  return cursorAfter({ at, id: id + 1 });
}

/** The names that people and API keys have now, by id. */
export async function readNames(db: Db, personIds: readonly string[], keyIds: readonly string[]) {
  const [persons, keys] = await Promise.all([
    personIds.length === 0
      ? []
      : db
          .select({ id: people.id, name: shownName(people) })
          .from(people)
          .where(inArray(people.id, [...new Set(personIds)])),
    keyIds.length === 0
      ? []
      : db
          .select({ id: apiKeys.id, name: apiKeys.name })
          .from(apiKeys)
          .where(inArray(apiKeys.id, [...new Set(keyIds)])),
  ]);
  return new Map<string, string | null>([...persons, ...keys].map(({ id, name }) => [id, name]));
}

function readRows(db: Db, where: SQL | undefined, limit: number): Promise<LedgerTableRow[]> {
  return db.select().from(ledger).where(where).orderBy(desc(ledger.at), desc(ledger.id)).limit(limit);
}

/**
 * The same for one request or one token. Where in the table they are, only `ledger_sought` tells, and the planner has no
 * notion of how well: it would rather walk all rows, newest first or as they lie. So it is kept from both.
 */
function seekRows(db: Db, where: SQL | undefined, limit: number): Promise<LedgerTableRow[]> {
  return withTransaction(db, async (tx) => {
    await tx.execute(sql`set local enable_seqscan = off`);
    return tx
      .select()
      .from(ledger)
      .where(where)
      .orderBy(sql`${ledger.at} + interval '0' desc`, desc(ledger.id))
      .limit(limit);
  });
}

const newestFirst = (one: LedgerTableRow, other: LedgerTableRow) =>
  other.at.getTime() - one.at.getTime() || other.id - one.id;

const idsOf = (ids: readonly (string | null)[]) => ids.filter((id) => id !== null);

/**
 * Entries of the ledger, newest first, in pages: for administrators and auditors. Keyset order, so that a page costs the
 * same however deep it lies. Names are those of today; the ledger has none.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listLedger(ctx: Context, input: ListLedgerInput = {}): Promise<Page<LedgerEntryView>> {
  requireReader(ctx);
  const { cursor, limit, ...filter } = parseInput(listLedgerInput, input);
  const { db } = ctx.database;
  const sought = filter.requestId !== undefined || filter.fingerprint !== undefined;
  const read = sought ? seekRows : readRows;
  const within = await withinFilter(db, filter);
  const found = await Promise.all(within.map((where) => read(db, and(where, before(cursor)), limit + 1)));
  const rows = found.flat().sort(newestFirst);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const actors = (type: LedgerTableRow['actorType']) =>
    idsOf(shown.map((row) => (row.actorType === type ? row.actorId : null)));
  const names = await readNames(
    db,
    [...idsOf(shown.map(({ personId }) => personId)), ...actors('person')],
    [...idsOf(shown.map(({ apiKeyId }) => apiKeyId)), ...actors('api_key')],
  );
  const named = (id: string | null): Named | null => (id === null ? null : { id, name: names.get(id) ?? null });
  return {
    items: shown.map(({ actorType, actorId, personId, apiKeyId, xid: _, ...row }) => ({
      ...row,
      sentence: historySentence(row),
      actor: { type: actorType, id: actorId ?? '', name: actorId === null ? null : (names.get(actorId) ?? null) },
      person: named(personId),
      apiKey: named(apiKeyId),
    })),
    nextCursor: last ? cursorAfter(last) : null,
  };
}
