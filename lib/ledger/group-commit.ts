import type { ledger } from '#lib/db/schema/ledger';

export type LedgerRow = typeof ledger.$inferInsert;

/** Writes entries of concurrent requests in shared commits. */
export interface GroupCommit {
  /** Resolves once the row is committed; rejects when its commit failed, with what the database said. */
  add(row: LedgerRow): Promise<void>;
  /** Resolves when nothing waits or is being written. */
  idle(): Promise<void>;
}

interface Waiting {
  row: LedgerRow;
  done: () => void;
  failed: (error: unknown) => void;
}

/** Rows of one statement: enough that a commit costs next to nothing a row, few enough to parse in a millisecond. */
const mostRows = 256;

/**
 * Group commit: while one write is under way, rows gather and go together in the next. Under no load a row waits for
 * nobody; under load each commit carries as many as came during the one before.
 * @param write commits rows, all or none
 */
export function createGroupCommit(write: (rows: LedgerRow[]) => Promise<void>): GroupCommit {
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, mostRows);
      waiting = waiting.slice(mostRows);
      try {
        await write(group.map(({ row }) => row));
        for (const { done } of group) done();
      } catch (error) {
        for (const { failed } of group) failed(error);
      }
    }
    writing = null;
  }

  return {
    add(row) {
      return new Promise((done, failed) => {
        waiting.push({ row, done, failed });
        // Begun in a microtask, so that what is added in the same turn goes into one commit.
        writing ??= Promise.resolve().then(writeAll);
      });
    },
    idle: async () => {
      while (writing) await writing;
    },
  };
}
