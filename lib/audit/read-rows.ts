import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';
import type { SealedRow } from '#lib/ledger/row-encoding';

interface Raw extends Record<string, unknown> {
  at: number;
  id: number;
  xid: number;
  action: string;
  outcome: string;
  code: string | null;
  actor_type: string;
  actor_id: string | null;
  person_id: string | null;
  connection_id: string | null;
  provider: string | null;
  api_key_id: string | null;
  ip: string | null;
  request_id: string | null;
  count: number;
  details: Record<string, unknown>;
}

function instantText(at: number): string {
  if (Number.isFinite(at)) return new Date(at).toISOString();
  return at > 0 ? 'infinity' : '-infinity';
}

/**
 * Rows of the ledger between two positions, in the order in which batches are sealed: by position, id and time.
 * @param after the last row of the page before
 */
export async function readRows(
  db: Db,
  range: { from: number; to: number; after?: Pick<SealedRow, 'xid' | 'id' | 'at'> | undefined; limit: number },
): Promise<SealedRow[]> {
  const { from, to, after, limit } = range;
  const goOn = after
    ? sql`and (xid, id, at) > (${after.xid}::bigint, ${after.id}::bigint, ${instantText(after.at)}::timestamptz)`
    : sql``;
  const rows = rowsOf<Raw>(
    await db.execute(sql`select (extract(epoch from at) * 1000)::float8 as at, id::float8 as id, xid::float8 as xid, action,
        outcome, code, actor_type, actor_id, person_id, connection_id, provider, api_key_id, ip, request_id, count, details
      from ledger where xid >= ${after?.xid ?? from}::bigint and xid < ${to}::bigint ${goOn}
      order by ledger.xid, ledger.id, ledger.at limit ${limit}`),
  );
  return rows.map((row) => ({
    at: row.at,
    id: row.id,
    xid: row.xid,
    action: row.action,
    outcome: row.outcome,
    code: row.code,
    actorType: row.actor_type,
    actorId: row.actor_id,
    personId: row.person_id,
    connectionId: row.connection_id,
    provider: row.provider,
    apiKeyId: row.api_key_id,
    ip: row.ip,
    requestId: row.request_id,
    count: row.count,
    details: row.details,
  }));
}
