import { sql } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { createGrouped, type Grouped } from '#lib/db/grouped';

/** A vend, as the connection's row remembers the last one. */
export interface Use {
  personId: string;
  id: string;
  keyId: string;
}

/** Uses are no reason to wait for and none to write often: they say to the minute when a connection was last used. */
const gatherMs = 1000;

/**
 * Notes who used connections last, at most once a minute for each unless another key did. Uses gather for a second and
 * are written together, after the answers they belong to. A row that something else is writing just now is left for the
 * next use of it: nothing here waits, so nothing here can be part of a deadlock with what refreshes share.
 */
export function createUseNotes(db: Db): Grouped<Use, void> {
  return createGrouped((uses: Use[]) => writeUses(db, uses), { most: 10_000, gatherMs, triedAlone: false });
}

async function writeUses(db: Db, uses: readonly Use[]): Promise<void> {
  const given = JSON.stringify(uses.map(({ personId, id, keyId }) => ({ person_id: personId, id, key_id: keyId })));
  await db.execute(sql`with used as (
      select distinct on (person_id, id) person_id, id, key_id
      from jsonb_to_recordset(${given}::jsonb) as given (person_id text, id text, key_id text)
    ), due as (
      select c.person_id, c.id, used.key_id from connections c join used on c.person_id = used.person_id and c.id = used.id
      where (c.last_used_by = used.key_id and c.last_used_at > now() - interval '1 minute') is not true
      for update of c skip locked
    )
    update connections c set last_used_at = now(), last_used_by = due.key_id
    from due where c.person_id = due.person_id and c.id = due.id`);
}
