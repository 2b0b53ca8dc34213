import type { HotPath } from '#lib/db/database';
import type { ledger } from '#lib/db/schema/ledger';

export type LedgerRow = typeof ledger.$inferInsert;

const columns = `action, outcome, code, actor_type, actor_id, person_id, connection_id, provider, api_key_id, ip,
    request_id, count, details`;
const types = `action text, outcome text, code text, actor_type text, actor_id text, person_id text, connection_id text,
    provider text, api_key_id text, ip text, request_id text, count integer, details jsonb`;

/** One text whatever the number of rows, so that it is prepared once: they come as one JSON array. */
const statement = `insert into ledger (${columns})
  select ${columns} from jsonb_to_recordset($1::text::jsonb) as entry(${types})`;

/** A row as JSON, for statements that append it. */
export function entryOf(row: LedgerRow) {
  return {
    action: row.action,
    outcome: row.outcome,
    code: row.code,
    actor_type: row.actorType,
    actor_id: row.actorId,
    person_id: row.personId,
    connection_id: row.connectionId,
    provider: row.provider,
    api_key_id: row.apiKeyId,
    ip: row.ip,
    request_id: row.requestId,
    count: row.count ?? 1,
    details: row.details ?? {},
  };
}

/**
 * The part of a statement that appends the entries in the column `entry` of another part, so that a change and its
 * entry are one statement.
 */
export const appendFrom = (part: string): string =>
  `insert into ledger (${columns}) select told.* from ${part}, jsonb_to_record(${part}.entry) as told(${types})`;

/** Commits ledger rows in one statement. */
export async function writeRows(hot: HotPath, rows: readonly LedgerRow[]): Promise<void> {
  await hot.write(statement, [JSON.stringify(rows.map(entryOf))]);
}
