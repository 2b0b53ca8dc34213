import type { SearchParams } from './flow-result.ts';

const longestTrail = 20;

/** What a list's address says: its filters, where its page begins, and where the pages before it began. */
export interface ListAddress {
  filters: Record<string, string>;
  cursor: string | undefined;
  /** Cursors of the earlier pages, the first page as an empty one; the last is the page before this. */
  trail: string[];
}

/** Reads the named filters and the place in the list; anything given twice or too long counts as absent. */
export function readListAddress(search: SearchParams, names: readonly string[]): ListAddress {
  const one = (name: string, most: number) => {
    const value = search[name];
    return typeof value === 'string' && value.trim() !== '' && value.length <= most ? value.trim() : undefined;
  };
  const filters: Record<string, string> = {};
  for (const name of names) {
    const value = one(name, 200);
    if (value) filters[name] = value;
  }
  const trail = search.trail;
  const before = typeof trail === 'string' && trail.length <= 8000 ? trail.split('.').slice(-longestTrail) : [];
  return { filters, cursor: one('cursor', 400), trail: before };
}

function address(path: string, parameters: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** The page after this one, which remembers how to come back. */
export function nextAddress(path: string, at: ListAddress, nextCursor: string): string {
  const trail = [...at.trail, at.cursor ?? ''].slice(-longestTrail).join('.');
  return address(path, { ...at.filters, cursor: nextCursor, trail });
}

/** The page before this one; null on the first. */
export function previousAddress(path: string, at: ListAddress): string | null {
  if (!at.cursor) return null;
  const cursor = at.trail.at(-1);
  const trail = at.trail.slice(0, -1);
  return address(path, {
    ...at.filters,
    cursor: cursor || undefined,
    trail: cursor && trail.length > 0 ? trail.join('.') : undefined,
  });
}

/** The same list from its beginning, with some filters changed; `undefined` takes one away. */
export function filteredAddress(path: string, at: ListAddress, change: Record<string, string | undefined>): string {
  return address(path, { ...at.filters, ...change });
}

/**
 * This very page with one of its rows open; null: with none. The first page gets a beginning of its own, so that rows
 * which come meanwhile do not push the open one away.
 * @param begin the cursor with which the page begins
 */
export function openedAddress(path: string, at: ListAddress, row: number | null, begin: string): string {
  return address(path, {
    ...at.filters,
    cursor: at.cursor ?? begin,
    trail: (at.cursor ? at.trail : ['']).join('.'),
    entry: row === null ? undefined : String(row),
  });
}
