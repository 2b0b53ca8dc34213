import { z } from 'zod';
import type { Context } from '#lib/context';
import { exportConnections, exportInput } from '#lib/transfer/export-connections';
import { type ImportInput, importConnections, importInput } from '#lib/transfer/import-connections';
import { type SourceLine, wellShaped } from '#lib/transfer/import-row';
import { noteRows } from '#lib/transfer/note-rows';
import { readLines } from '#lib/transfer/read-lines';
import { readPgcrypto } from '#lib/transfer/read-pgcrypto';

/** The commands that bring connections in and out, a part at a time. */
export const transferCommands = [
  importInput.extend({ command: z.literal('import') }),
  exportInput.extend({ command: z.literal('export') }),
] as const;
export type TransferCommand = z.input<(typeof transferCommands)[number]>;

type Line = Record<string, unknown>;

/** What `import` was asked for. */
export interface ImportOptions extends Omit<ImportInput, 'rows'> {
  from: 'jsonl' | 'csv' | 'pgcrypto';
}

/** Where the rows of `--from pgcrypto` are. */
export interface ImportSource {
  url: string | undefined;
  key: string | undefined;
}

/** Rows and bytes of one part: a running process takes 64 KiB. */
const mostRows = 50;
const mostBytes = 48 * 1024;

/** Runs a command about connections that come or go, and answers its lines. @throws AppError as the verbs do */
export async function runTransferCommand(ctx: Context, command: TransferCommand): Promise<Line[]> {
  if (command.command === 'import') {
    const { command: _, ...input } = command;
    return (await importConnections(ctx, input)).map((line) => ({ ...line }));
  }
  const { command: _, ...input } = command;
  return exportConnections(ctx, input);
}

function sourceOf(from: ImportOptions['from'], { url, key }: ImportSource) {
  if (from !== 'pgcrypto') return readLines(from, process.stdin);
  if (!url || !key) throw new Error('Set IMPORT_DATABASE_URL and IMPORT_KEY for --from pgcrypto.');
  return readPgcrypto({ url, key });
}

/**
 * Reads a source to its end, in parts. Each line that is a fault is told as it comes, and the last line counts all.
 * @param run does a part, wherever the data is open
 * @param tell takes each line to print
 * @param lines in the place of the source, for tests
 * @returns whether there was no fault
 */
export async function importAll(
  { from, ...options }: ImportOptions,
  source: ImportSource,
  run: (command: TransferCommand) => Promise<Line[]>,
  tell: (line: Line) => void,
  lines: AsyncIterable<SourceLine> = sourceOf(from, source),
): Promise<boolean> {
  const counts: Record<string, number> = { rows: 0, imported: 0, would_import: 0, already_here: 0, fault: 0 };
  let failedRefreshes = 0;
  const count = (line: Line) => {
    counts.rows = (counts.rows ?? 0) + 1;
    counts[String(line.result)] = (counts[String(line.result)] ?? 0) + 1;
    if (line.refresh_failed !== undefined) failedRefreshes++;
    if (line.result === 'fault' || line.refresh_failed !== undefined) tell(line);
  };
  let rows: { line: number; row: unknown }[] = [];
  let bytes = 0;
  const notes = noteRows();
  const flush = async () => {
    if (rows.length > 0) for (const line of await run({ command: 'import', ...options, rows })) count(line);
    rows = [];
    bytes = 0;
  };
  for await (const given of lines) {
    const one = notes.take(wellShaped(given));
    const size = 'row' in one ? Buffer.byteLength(JSON.stringify(one)) : 0;
    if (bytes + size > mostBytes || rows.length === mostRows) await flush();
    if ('fault' in one) count({ ...one, result: 'fault' });
    else if (size > mostBytes) count({ line: one.line, result: 'fault', fault: 'is longer than 48 KiB' });
    else {
      rows.push(one);
      bytes += size;
    }
  }
  await flush();
  const { fault: faults = 0, ...others } = counts;
  const unread = notes.unread();
  tell({ ...others, faults, refreshes_failed: failedRefreshes, ...(unread.length > 0 ? { not_read: unread } : {}) });
  return faults === 0;
}
