import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
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

/** Rows fetched at a time: so few that nobody else of the process waits long while they are read and hashed. */
const pageRows = 100;

const toSealed = (row: Raw): SealedRow => ({
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
});

/**
 * Hands over the rows of the ledger from one position to before another, in the order in which batches are sealed: by
 * position, id and time. A cursor, since the rows of a range have to be found and sorted as a whole; it cannot be given
 * parameters.
 * @param range `aside`: rests after each page for as long as it took, so that whoever else needs the process and the
 *   database finds them free for half of the time
 * @param take must not ask the database, whose transaction this is
 */
export async function readRows(
  db: Db,
  { from, to, aside = false }: { from: number; to: number; aside?: boolean },
  take: (row: SealedRow) => void,
): Promise<void> {
  const bounds = [from, to].map((position) => sql.raw(BigInt(position).toString()));
  await withTransaction(db, async (tx) => {
    await tx.execute(sql`declare sealed no scroll cursor for
      select (extract(epoch from at) * 1000)::float8 as at, id::float8 as id, xid::float8 as xid, action, outcome, code,
        actor_type, actor_id, person_id, connection_id, provider, api_key_id, ip, request_id, count, details
      from ledger where xid >= ${bounds[0]}::bigint and xid < ${bounds[1]}::bigint
      order by ledger.xid, ledger.id, ledger.at`);
    for (let more = true; more; ) {
      const began = performance.now();
      const page = rowsOf<Raw>(await tx.execute(sql`fetch ${sql.raw(String(pageRows))} from sealed`));
      for (const row of page) take(toSealed(row));
      more = page.length === pageRows;
      if (aside) await sleep(performance.now() - began);
    }
  });
}
