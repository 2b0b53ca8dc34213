/** Writes rows of concurrent requests in shared commits. */
export interface GroupCommit<Row> {
  /** Resolves once the row is committed; rejects when its commit failed, with what the database said. */
  add(row: Row): Promise<void>;
  /** Writes what waits without gathering more, and resolves when nothing waits or is being written. */
  idle(): Promise<void>;
}

interface Waiting<Row> {
  row: Row;
  done: () => void;
  failed: (error: unknown) => void;
}

/**
 * Group commit: while one write is under way, rows gather and go together in the next. Under no load a row waits for
 * nobody; under load each commit carries as many as came during the one before.
 * @param write commits rows, all or none
 * @param options.mostRows of one commit: enough that it costs next to nothing a row, few enough to parse in a
 *   millisecond
 * @param options.gatherMs how long rows that nobody waits for gather before each write; 0 for not at all
 */
export function createGroupCommit<Row>(
  write: (rows: Row[]) => Promise<void>,
  { mostRows = 256, gatherMs = 0 }: { mostRows?: number; gatherMs?: number } = {},
): GroupCommit<Row> {
  let waiting: Waiting<Row>[] = [];
  let writing: Promise<void> | null = null;
  let hurry = () => {};

  /** One turn of the event loop at least: what arrives with the answer to the last write goes into one commit. */
  function gather(): Promise<void> {
    return new Promise((resolve) => {
      if (gatherMs === 0) return setImmediate(resolve);
      const pause = setTimeout(resolve, gatherMs);
      hurry = () => {
        clearTimeout(pause);
        resolve();
      };
    });
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      await gather();
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
        writing ??= writeAll();
      });
    },
    idle: async () => {
      while (writing) {
        hurry();
        await writing;
      }
    },
  };
}
