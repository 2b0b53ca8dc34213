const hour = 60 * 60_000;

/** As the ledger's own filters write a moment: UTC without the letter, no more exact than it has to be. */
const momentText = (at: Date) => at.toISOString().replace(/(?::00)?(?:\.000)?Z$/, '');

export interface Span {
  from: Date;
  to: Date;
}

/** The part of the hour from then on that has been counted, where the counts go so far (ISO 8601; null: not known). */
export function countedPart(from: Date, countedTo: string | null): Span {
  const end = from.getTime() + hour;
  // An entry of the very moment up to which was counted is counted too.
  const counted = (countedTo === null ? end : new Date(countedTo).getTime()) + 1;
  return { from, to: new Date(Math.max(from.getTime(), Math.min(end, counted))) };
}

/** The entries of a span. @param query filters of the ledger, as a query */
export function spanAddress(query: string, { from, to }: Span): string {
  return `/admin/ledger?${query}&${new URLSearchParams({ from: momentText(from), to: momentText(to) })}`;
}
