import { sql } from 'drizzle-orm';
import type { Check, Observation } from '#lib/checks/check';
import type { Db } from '#lib/db/database';

/** One result, bounded and without secrets, as it is kept and told. */
export interface CheckLine extends Omit<Observation, 'mend'> {
  check: Check['id'];
  /** Null for a check of the hub itself. */
  provider: string | null;
  mend: string | null;
}

/** Keeps a result. One that is as the last one was has been so since then. */
export async function keepResult(db: Db, run: string, line: CheckLine): Promise<void> {
  const { check, provider, result, lookedAt, found, mend } = line;
  const of = provider ?? '';
  await db.execute(sql`
    insert into check_results (run, check_id, provider, result, looked_at, found, mend, at, since)
    select ${run}, ${check}, ${of}, ${result}, ${lookedAt}, ${found}, ${mend}, moment.at,
      coalesce((select last.since from (select result, since from check_results
          where check_id = ${check} and provider = ${of} order by at desc, id desc limit 1) last
        where last.result = ${result}), moment.at)
    from (select clock_timestamp() as at) moment`);
}
