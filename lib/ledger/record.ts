import { actorId, type Requester } from '#lib/actor';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import type { LedgerAction } from '#lib/ledger/actions';
import type { LedgerRow } from '#lib/ledger/columns';

/** One event. Ids and codes only: whatever goes in here outlives the person it is about. */
export interface LedgerEntry {
  action: LedgerAction;
  outcome?: 'ok' | 'refused' | 'failed';
  code?: string | null;
  /** The person with the connection, session or profile of the event. */
  personId?: string | null;
  connectionId?: string | null;
  provider?: string | null;
  apiKeyId?: string | null;
  count?: number;
  details?: LedgerRow['details'];
}

/** The row for an entry, as the actor of the context did it. */
export function toLedgerRow(who: Requester, entry: LedgerEntry): LedgerRow {
  const { actor } = who;
  return {
    action: entry.action,
    outcome: entry.outcome ?? 'ok',
    code: entry.code ?? null,
    // Whether somebody signs in here or an application knows them, the row of `people` says.
    actorType: actor.type === 'application_person' ? 'person' : actor.type,
    actorId: actorId(actor),
    personId: entry.personId ?? ('personId' in actor ? actor.personId : null),
    connectionId: entry.connectionId ?? null,
    provider: entry.provider ?? null,
    apiKeyId: entry.apiKeyId ?? (actor.type === 'api_key' ? actor.keyId : null),
    ip: who.ip,
    requestId: who.requestId,
    count: entry.count ?? 1,
    details: entry.details ?? {},
  };
}

/**
 * Writes an entry in the caller's transaction: the entry and the change that it tells of stand or fall together.
 * Entries of vended and refused tokens go by `ctx.vends` instead, entries of refreshes with their answers, folded
 * refusals by `fold-refusals.ts`; nothing else appends.
 */
export async function record(tx: Db, who: Requester, entry: LedgerEntry): Promise<void> {
  await tx.insert(ledger).values(toLedgerRow(who, entry));
}

/** Writes many entries in the caller's transaction, in one statement. */
export async function recordAll(tx: Db, who: Requester, entries: readonly LedgerEntry[]): Promise<void> {
  if (entries.length > 0) await tx.insert(ledger).values(entries.map((entry) => toLedgerRow(who, entry)));
}
