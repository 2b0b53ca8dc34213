import { type SQL, sql } from 'drizzle-orm';
import type { Span } from '#lib/reviews/task';

/** A moment as a parameter of a statement. */
export const moment = (at: Date): SQL => sql`${at.toISOString()}::timestamptz`;

/** The page of the ledger with the entries of a span that fit. */
export function ledgerLink(filters: Record<string, string>, { from, to }: Span): string {
  const minute = (at: Date) => at.toISOString().slice(0, 16);
  const end = new Date(to.getTime() + 60_000);
  return `/admin/ledger?${new URLSearchParams({ ...filters, from: minute(from), to: minute(end) })}`;
}
