import { createInterface } from 'node:readline';
import { monthOf } from '#lib/ledger/row-encoding';
import { entryUid } from '#lib/ledger-stream/event';
import { readReturned } from '#lib/ledger-stream/returned-event';

/** An entry of the file: which it is, and the hash that stands for its row. */
export interface ReturnedEntry {
  xid: number;
  id: number;
  at: number;
  month: string;
  /** In base64. */
  leaf: string;
}

/** What stands in a file, in the order of the seals and each entry once. */
export interface ReturnedFile {
  entries: ReturnedEntry[];
  lines: number;
  /** Lines that tell an entry once more. */
  doubled: number;
  /** Lines that are no event of this ledger, and the number of the first of them. */
  foreign: number;
  firstForeign: number | null;
  /** Entries of which a line says something else than its row. */
  altered: string[];
}

const inOrder = (a: ReturnedEntry, b: ReturnedEntry) => a.xid - b.xid || a.id - b.id || a.at - b.at;

/** Reads JSON lines in any order. It keeps a few hundred bytes of each in memory. */
export async function readReturnedFile(input: NodeJS.ReadableStream, origin: string): Promise<ReturnedFile> {
  const file: ReturnedFile = { entries: [], lines: 0, doubled: 0, foreign: 0, firstForeign: null, altered: [] };
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    file.lines += 1;
    const event = readReturned(line, origin);
    if (!event) {
      file.foreign += 1;
      file.firstForeign ??= file.lines;
      continue;
    }
    const { xid, id, at } = event.row;
    if (event.isAltered) file.altered.push(entryUid(event.row));
    file.entries.push({ xid, id, at, month: monthOf(at), leaf: event.leaf.toString('base64') });
  }
  file.entries.sort(inOrder);
  const all = file.entries.length;
  file.entries = file.entries.filter((entry, at, list) => {
    const before = list[at - 1];
    return before === undefined || inOrder(before, entry) !== 0 || before.leaf !== entry.leaf;
  });
  file.doubled = all - file.entries.length;
  return file;
}
