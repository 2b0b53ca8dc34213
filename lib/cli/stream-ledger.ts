import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { askForParts, NoProcess } from '#lib/cli/asked-parts';
import { UsageError } from '#lib/cli/invocation';
import { replaceFile } from '#lib/cli/replace-file';
import { visible } from '#lib/cli/visible';
import type { CommandLineSettings } from '#lib/config/command-line';
import { isDatabaseUnavailable } from '#lib/context';
import { isAppError } from '#lib/errors';
import { cursorSchema, type LedgerCursor } from '#lib/ledger-stream/cursor';

/** Until the ledger is asked again, where it had nothing new or did not answer. */
const pauseMs = 1_000;

interface StreamOptions {
  from: number;
  /** Where the cursor is kept. */
  cursor: string | undefined;
  follow: boolean;
}

/** @throws UsageError for a file that no stream wrote: going on from nowhere would pass entries over */
function readCursor({ from, cursor: file }: StreamOptions): LedgerCursor {
  if (file === undefined || !existsSync(file)) return { next: from, last: null };
  if (from > 0) throw new UsageError(`${file} says where to go on. Remove it to begin at --from.`);
  try {
    return cursorSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new UsageError(`The cursor ${file} cannot be read. Remove it and give --from.`, { cause });
  }
}

/** Resolves once the reader's pipe has taken it. */
const print = (text: string) =>
  new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });

const mayPass = (error: unknown) =>
  error instanceof NoProcess ||
  isDatabaseUnavailable(error) ||
  (isAppError(error) && error.code === 'unavailable') ||
  (error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE'].includes(String(error.code)));

/**
 * Prints the ledger as events, from the cursor on. The cursor moves after its page was taken by the reader: an end in
 * between repeats a page and leaves none out.
 * @throws UsageError, AppError `conflict` where the cursor is of another ledger
 */
export async function streamLedger(options: StreamOptions, settings: CommandLineSettings): Promise<void> {
  const { cursor: file, follow } = options;
  let cursor = readCursor(options);
  // A stream that follows outlives the hub's restarts, and must not keep the data folder from the next process.
  const parts = askForParts(settings, { mayOpen: !follow });
  const ended = new AbortController();
  const end = () => ended.abort();
  process.once('SIGTERM', end).once('SIGINT', end);
  let isReaderGone = false;
  let isWaiting = false;
  process.stdout.on('error', () => {
    isReaderGone = true;
    end();
  });
  try {
    for (let begins = true; !ended.signal.aborted; ) {
      let isLast = true;
      try {
        const [page, ...events] = await parts.run({ command: 'ledger entries', cursor, as: 'events', begins });
        begins = false;
        isWaiting = false;
        if (events.length > 0) await print(events.map((event) => `${visible(JSON.stringify(event))}\n`).join(''));
        cursor = cursorSchema.parse(page?.cursor);
        isLast = page?.is_last === true;
        if (file !== undefined && events.length > 0) replaceFile(file, `${JSON.stringify(cursor)}\n`);
      } catch (error) {
        if (isReaderGone) break;
        if (!follow || !mayPass(error)) throw error;
        if (!isWaiting) process.stderr.write('grantkeep: the hub does not answer. The stream waits for it.\n');
        isWaiting = true;
      }
      if (isLast && !follow) break;
      if (isLast) await sleep(pauseMs, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  } finally {
    await parts.close();
  }
  if (isReaderGone) process.exitCode = 1;
}
