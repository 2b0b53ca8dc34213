import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import type { SealedRow } from '#lib/ledger/row-encoding';

/** The columns of a row in the order in which they are asked for. */
type Columns = [
  /** Milliseconds since 1970; infinity, which is no number in JSON, comes as text. */
  at: number | string,
  id: number,
  xid: number,
  action: string,
  outcome: string,
  code: string | null,
  actorType: string,
  actorId: string | null,
  personId: string | null,
  connectionId: string | null,
  provider: string | null,
  apiKeyId: string | null,
  ip: string | null,
  requestId: string | null,
  count: number,
  details: Record<string, unknown>,
];

/** Rows fetched at a time. */
const pageRows = 500;
/** Rows handed over in one turn of the event loop: so few that nobody else of the process waits long. */
const turnRows = 50;

function toSealed(columns: string): SealedRow {
  const [
    at,
    id,
    xid,
    action,
    outcome,
    code,
    actorType,
    actorId,
    personId,
    connectionId,
    provider,
    apiKeyId,
    ip,
    requestId,
    count,
    details,
  ] = JSON.parse(columns) as Columns;
  return {
    at: Number(at),
    id,
    xid,
    action,
    outcome,
    code,
    actorType,
    actorId,
    personId,
    connectionId,
    provider,
    apiKeyId,
    ip,
    requestId,
    count,
    details,
  };
}

/**
 * Hands over the rows of the ledger from one position to before another, in the order in which batches are sealed: by
 * position, id and time. A cursor, since the rows of a range have to be found and sorted as a whole; it cannot be given
 * parameters.
 * @param range `rests`: after each page it rests for so many times as long as the page took, so that whoever else needs
 *   the process and the database finds them free meanwhile; default 0
 * @param take must not ask the database, whose transaction this is
 */
export async function readRows(
  db: Db,
  { from, to, rests = 0 }: { from: number; to: number; rests?: number },
  take: (row: SealedRow) => void,
): Promise<void> {
  const bounds = [from, to].map((position) => sql.raw(BigInt(position).toString()));
  await withTransaction(db, async (tx) => {
    // Each row is one value: to take sixteen apart costs this process, whose turn others wait for, twice the time.
    await tx.execute(sql`declare sealed no scroll cursor for
      select json_build_array(extract(epoch from at) * 1000, id, xid, action, outcome, code, actor_type, actor_id,
        person_id, connection_id, provider, api_key_id, ip, request_id, count, details)::text as columns
      from ledger where xid >= ${bounds[0]}::bigint and xid < ${bounds[1]}::bigint
      order by ledger.xid, ledger.id, ledger.at`);
    for (let more = true; more; ) {
      const began = performance.now();
      const page = rowsOf<{ columns: string }>(await tx.execute(sql`fetch ${sql.raw(String(pageRows))} from sealed`));
      for (const [n, { columns }] of page.entries()) {
        if (n % turnRows === 0) await nextTurn();
        take(toSealed(columns));
      }
      more = page.length === pageRows;
      if (rests > 0) await sleep((performance.now() - began) * rests);
    }
  });
}
