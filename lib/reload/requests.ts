import { sql } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { reloadRequests } from '#lib/db/schema/reload-requests';

/** The number of the last command to reload; 0 before the first. */
export async function lastRequest(db: Db): Promise<number> {
  const [row] = await db.select({ n: reloadRequests.n }).from(reloadRequests);
  return row?.n ?? 0;
}

/** Asks every process on this database to read its configuration again. Answers the number of the request. */
export async function requestReload(db: Db): Promise<number> {
  const [row] = await db
    .insert(reloadRequests)
    .values({ n: 1 })
    .onConflictDoUpdate({
      target: reloadRequests.only,
      set: { n: sql`${reloadRequests.n} + 1`, askedAt: sql`clock_timestamp()` },
    })
    .returning({ n: reloadRequests.n });
  return row?.n ?? 0;
}
