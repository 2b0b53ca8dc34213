import { createReadStream } from 'node:fs';
import { askForParts } from '#lib/cli/asked-parts';
import { UsageError } from '#lib/cli/invocation';
import type { CommandLineSettings } from '#lib/config/command-line';
import type { BatchRow } from '#lib/ledger/row-encoding';
import { cursorSchema } from '#lib/ledger-stream/cursor';
import type { StatedSeal } from '#lib/ledger-stream/read-seals';
import { type LedgerSource, type Reconciliation, reconcile } from '#lib/ledger-stream/reconcile';
import { readReturnedFile } from '#lib/ledger-stream/returned-file';

/** Opens the file now, so that a wrong name is a fault of the arguments. */
async function open(file: string): Promise<NodeJS.ReadableStream> {
  if (file === '-') return process.stdin;
  const stream = createReadStream(file, 'utf8');
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (cause) => reject(new UsageError(`${file} cannot be read.`, { cause })));
  });
  return stream;
}

/** Compares a file of events with the ledger, wherever the data is open. @throws UsageError, AppError */
export async function reconcileLedger(
  { file, fromSeal }: { file: string; fromSeal: number },
  settings: CommandLineSettings,
): Promise<Reconciliation> {
  const input = await open(file);
  const parts = askForParts(settings, { mayOpen: true });
  const source: LedgerSource = {
    async *seals() {
      for (let after = 0; ; ) {
        const [, ...lines] = await parts.run({ command: 'ledger seals', after });
        if (lines.length === 0) return;
        for (const line of lines) yield line as unknown as StatedSeal;
        after = Number(lines.at(-1)?.n);
      }
    },
    async *rows({ from, to }) {
      for (let cursor = cursorSchema.parse({ next: from, last: null }); ; ) {
        const [page, ...rows] = await parts.run({
          command: 'ledger entries',
          cursor,
          upto: to,
          as: 'rows',
          begins: false,
        });
        for (const row of rows) yield row as unknown as BatchRow;
        if (page?.is_last === true) return;
        cursor = cursorSchema.parse(page?.cursor);
      }
    },
  };
  try {
    const [{ origin } = {}] = await parts.run({ command: 'ledger seals', after: Number.MAX_SAFE_INTEGER });
    return await reconcile(await readReturnedFile(input, String(origin)), source, fromSeal);
  } finally {
    await parts.close();
  }
}
