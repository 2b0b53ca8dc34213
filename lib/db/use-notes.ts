import { sql } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { createGrouped, type Grouped } from '#lib/db/grouped';

/** A vend, as it is remembered of each connection's last one. */
export interface Use {
  personId: string;
  id: string;
  keyId: string;
}

/** Uses are no reason to wait for and none to write often: they say to the minute when a connection was last used. */
const gatherMs = 1000;

/**
 * Notes who used connections last, at most once a minute for each unless another key did. Uses gather for a second and
 * are written together, after the answers they belong to. Every process writes its rows in the order of their keys, and nothing else
 * writes them, so that two that note the same connections wait for each other at most, and never in a circle.
 */
export function createUseNotes(db: Db): Grouped<Use, void> {
  return createGrouped((uses: Use[]) => writeUses(db, uses), { most: 10_000, gatherMs, triedAlone: false });
}

async function writeUses(db: Db, uses: readonly Use[]): Promise<void> {
  const given = JSON.stringify(uses.map(({ personId, id, keyId }) => ({ person_id: personId, id, key_id: keyId })));
  await db.execute(sql`insert into connection_uses (person_id, connection_id, last_used_at, last_used_by)
    select distinct on (person_id, id) person_id, id, now(), key_id
    from jsonb_to_recordset(${given}::jsonb) as given (person_id text, id text, key_id text)
    order by person_id, id
    on conflict (person_id, connection_id) do update
      set last_used_at = excluded.last_used_at, last_used_by = excluded.last_used_by
      where (connection_uses.last_used_by = excluded.last_used_by
        and connection_uses.last_used_at > now() - interval '1 minute') is not true`);
}
