import { and, desc, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { before, cursorAfter, readNames } from '#lib/audit/list-ledger';
import { foldByDay } from '#lib/connections/fold-day';
import { isOfItself } from '#lib/connections/history-sentence';
import { plainSentence } from '#lib/connections/plain-sentence';
import type { Context } from '#lib/context';
import type { Page } from '#lib/cursor';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { requirePerson } from '#lib/guards/require';
import type { LedgerTableRow } from '#lib/ledger/columns';
import { parseInput } from '#lib/parse-input';
import { isZone } from '#lib/wall-time';

export const listActivityInput = z.object({
  /** Only what was read. */
  reads: z.boolean().default(false),
  cursor: z.string().max(500).optional(),
  /** Of the days within which runs are folded, an IANA name. */
  zone: z.string().refine(isZone).default('UTC'),
});
export type ListActivityInput = z.input<typeof listActivityInput>;

/** Events of a person's own account and connections; like ones of a day are one. */
export interface ActivityView {
  /** Of the newest entry, for a key of the list. */
  id: number;
  /** The first and the last time. */
  at: Date;
  until: Date;
  action: string;
  sentence: string;
  outcome: 'ok' | 'refused' | 'failed';
  code: string | null;
  count: number;
  /** The actor, in words for this person: a service's name, «You», «An administrator», «Grantkeep». */
  by: string;
  provider: string | null;
  /** The connection as it is called now; null where it is about none. */
  connection: { id: string; label: string | null } | null;
  ip: string | null;
}

/** Entries that one page reads; it shows fewer, since like ones are folded. */
const pageEntries = 200;

/** Folds like things of a day; newest first in, newest first out. */
function foldActivity(events: readonly ActivityView[], zone: string): ActivityView[] {
  // Of a service the address says nothing to the person, and changes with each of its machines.
  return foldByDay(events, zone, ({ outcome, code, by, connection, ip }) =>
    JSON.stringify([outcome, code, by, connection?.id, by === 'You' ? ip : null]),
  );
}

function actorWords(row: LedgerTableRow, self: string, names: ReadonlyMap<string, string | null>): string {
  if (isOfItself(row.action)) return 'Grantkeep';
  switch (row.actorType) {
    case 'api_key':
      return names.get(row.actorId ?? '') ?? row.actorId ?? 'a service';
    case 'system':
      return 'Grantkeep';
    case 'person':
      return row.actorId === self ? 'You' : 'An administrator';
    case 'anonymous':
      // Signing in begins without a person, and its changes to the person are the hub's own doing.
      if (row.action === 'sign_in.completed') return 'You';
      return row.action === 'person.role_changed' ? 'Grantkeep' : 'A visitor without a sign-in';
  }
}

/**
 * A person's own part of the ledger, newest first: which tokens were read, when, and by which service, and other events
 * of their account and connections. No person can ask for another's.
 * @throws AppError `unauthenticated`, `invalid_request`
 */
export async function listActivity(ctx: Context, input: ListActivityInput = {}): Promise<Page<ActivityView>> {
  requirePerson(ctx);
  const { reads, cursor, zone } = parseInput(listActivityInput, input);
  const { db } = ctx.database;
  const self = ctx.actor.personId;
  const rows = await db
    .select()
    .from(ledger)
    .where(and(eq(ledger.personId, self), reads ? eq(ledger.action, 'token.vended') : undefined, before(cursor)))
    .orderBy(desc(ledger.at), desc(ledger.id))
    .limit(pageEntries + 1);
  const shown = rows.slice(0, pageEntries);
  const last = rows.length > pageEntries ? shown.at(-1) : undefined;
  const keyIds = shown.flatMap((row) => (row.actorType === 'api_key' && row.actorId ? [row.actorId] : []));
  const names = await readNames(db, [], keyIds);
  const ids = [...new Set(shown.flatMap(({ connectionId }) => (connectionId ? [connectionId] : [])))];
  const known =
    ids.length === 0
      ? []
      : await db
          .select({ id: connections.id, label: connections.label })
          .from(connections)
          .where(and(eq(connections.personId, self), inArray(connections.id, ids)));
  const labels = new Map(known.map(({ id, label }) => [id, label]));
  const events = shown.map(
    (row): ActivityView => ({
      id: row.id,
      at: row.at,
      until: row.at,
      action: row.action,
      sentence: plainSentence(row),
      outcome: row.outcome,
      code: row.code,
      count: row.count,
      by: actorWords(row, self, names),
      provider: row.provider,
      connection: row.connectionId ? { id: row.connectionId, label: labels.get(row.connectionId) ?? null } : null,
      ip: row.ip,
    }),
  );
  return { items: foldActivity(events, zone), nextCursor: last ? cursorAfter(last) : null };
}
