import { hash } from 'node:crypto';
import { columnNames, type SourceLine } from '#lib/transfer/import-row';

/** Names that are told; a name of another form may be no name at all. */
const mostNames = 20;
const nameForm = /^[a-z][a-z0-9_ -]{0,39}$/i;

/** Facts about a source that no single row tells. */
export interface RowNotes {
  /** The line as it is; a fault in the place of a row with the refresh token of an earlier one. */
  take(line: SourceLine): SourceLine;
  /** Names of columns that the import does not read, as a misspelt one. */
  unread(): string[];
}

/**
 * Notes of the rows of one source. Two connections with one refresh token would both spend it, and a server that rotates
 * tokens takes that for a theft. Kept are digests, no tokens.
 */
export function noteRows(): RowNotes {
  const lines = new Map<string, number>();
  const unread = new Set<string>();
  return {
    take(one) {
      if (!('row' in one) || typeof one.row !== 'object' || one.row === null || Array.isArray(one.row)) return one;
      for (const name of Object.keys(one.row))
        if (!columnNames.includes(name) && unread.size < mostNames && nameForm.test(name)) unread.add(name);
      const { refresh_token: token } = one.row as { refresh_token?: unknown };
      if (typeof token !== 'string' || token === '') return one;
      const digest = hash('sha256', token, 'base64url').slice(0, 22);
      const before = lines.get(digest);
      if (before === undefined) lines.set(digest, one.line);
      return before === undefined
        ? one
        : { line: one.line, fault: `refresh_token: line ${before} has the same; both would spend it` };
    },
    unread: () => [...unread].sort(),
  };
}
