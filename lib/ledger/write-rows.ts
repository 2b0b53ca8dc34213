import type { HotPath } from '#lib/db/database';
import type { LedgerRow } from '#lib/ledger/group-commit';

/** One text whatever the number of rows, so that it is prepared once: they come as one JSON array. */
const statement = `insert into ledger (action, outcome, code, actor_type, actor_id, person_id, connection_id, provider,
    api_key_id, ip, request_id, count, details)
  select action, outcome, code, actor_type, actor_id, person_id, connection_id, provider, api_key_id, ip, request_id,
    count, details
  from jsonb_to_recordset($1::text::jsonb) as entry(action text, outcome text, code text, actor_type text,
    actor_id text, person_id text, connection_id text, provider text, api_key_id text, ip text, request_id text,
    count integer, details jsonb)`;

/** Commits ledger rows in one statement. */
export async function writeRows(hot: HotPath, rows: readonly LedgerRow[]): Promise<void> {
  const entries = rows.map((row) => ({
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
  }));
  await hot.write(statement, [JSON.stringify(entries)]);
}
