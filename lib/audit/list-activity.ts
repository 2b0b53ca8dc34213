import { and, desc, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { before, cursorAfter, type LedgerTableRow, readNames } from '#lib/audit/list-ledger';
import { historySentence, isOfItself } from '#lib/connections/history-sentence';
import type { Context } from '#lib/context';
import type { Page } from '#lib/cursor';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { requirePerson } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

export const listActivityInput = z.object({
  /** Only what was read. */
  reads: z.boolean().default(false),
  cursor: z.string().max(500).optional(),
});
export type ListActivityInput = z.input<typeof listActivityInput>;

/** Events of a person's own account and connections; runs of the same event are one. */
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

/** Entries that one page reads; it shows fewer, since runs of the same are folded. */
const pageEntries = 200;

function isLike(a: ActivityView, b: ActivityView): boolean {
  return (
    a.action === b.action &&
    a.sentence === b.sentence &&
    a.outcome === b.outcome &&
    a.code === b.code &&
    a.by === b.by &&
    a.connection?.id === b.connection?.id &&
    a.ip === b.ip
  );
}

/** Folds runs of the same thing; newest first in, newest first out. */
export function foldActivity(events: readonly ActivityView[]): ActivityView[] {
  const folded: ActivityView[] = [];
  for (const event of events) {
    const last = folded.at(-1);
    if (last && isLike(last, event)) {
      last.count += event.count;
      last.at = event.at;
    } else folded.push({ ...event });
  }
  return folded;
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
  const { reads, cursor } = parseInput(listActivityInput, input);
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
      sentence: historySentence(row),
      outcome: row.outcome,
      code: row.code,
      count: row.count,
      by: actorWords(row, self, names),
      provider: row.provider,
      connection: row.connectionId ? { id: row.connectionId, label: labels.get(row.connectionId) ?? null } : null,
      ip: row.ip,
    }),
  );
  return { items: foldActivity(events), nextCursor: last ? cursorAfter(last) : null };
}
