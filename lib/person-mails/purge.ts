import { lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { personMails } from '#lib/db/schema/person-mails';

/** Removes mails to people that were over for 30 days. The ledger keeps that they were sent. */
export async function purgePersonMails({ database: { db } }: Context): Promise<void> {
  await deleteInPages(db, personMails, lt(personMails.endedAt, sql`now() - interval '30 days'`));
}
