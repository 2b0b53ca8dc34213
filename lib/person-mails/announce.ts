import { and, asc, gt, inArray, isNotNull, lte, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { type PersonMailEvent, personMails } from '#lib/db/schema/person-mails';
import { newsOf } from '#lib/person-mails/words';

/** Rows of one statement. */
const pageRows = 1_000;

/**
 * Puts mails to people on their way, from a slice of the ledger. The verbs that caused them know nothing of it. A slice
 * that is read again adds nothing, since each row has the id of its entry.
 */
export async function announceToPeople(tx: Db, ctx: Context, { from, to }: { from: Date; to: Date }): Promise<void> {
  const { mail } = ctx.config;
  const wanted: readonly PersonMailEvent[] = ctx.config.personMails;
  if (!mail || wanted.length === 0) return;
  const entries = await tx
    .select()
    .from(ledger)
    .where(
      and(
        gt(ledger.at, from),
        lte(ledger.at, to),
        inArray(ledger.action, ['connection.created', 'connection.needs_reconnect', 'connection.revoked']),
        isNotNull(ledger.connectionId),
        isNotNull(ledger.personId),
        // People of an application have no address.
        sql`not exists (select 1 from people p where p.id = ${ledger.personId} and p.application_id is not null)`,
      ),
    )
    .orderBy(asc(ledger.at), asc(ledger.id));
  const rows = entries.flatMap((entry) => {
    const news = newsOf(entry);
    const { personId, connectionId } = entry;
    if (!news || !wanted.includes(news.event) || !personId || !connectionId) return [];
    const about = { personId, connectionId, provider: entry.provider ?? '' };
    return [{ id: `pml_${entry.id}`, ...about, ...news, occurredAt: entry.at, dueAt: entry.at }];
  });
  for (let at = 0; at < rows.length; at += pageRows)
    await tx
      .insert(personMails)
      .values(rows.slice(at, at + pageRows))
      .onConflictDoNothing();
}
