import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { SourceLine } from '#lib/transfer/import-row';

/** Rows of JSON Lines: an object each; blank lines are passed over. Lines count from 1. */
async function* readJsonLines(input: Readable): AsyncGenerator<SourceLine> {
  let line = 0;
  for await (const given of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    const text = line === 1 ? given.replace(/^\ufeff/, '') : given;
    if (text.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch {
      // The parser's own message quotes the text, which has tokens.
      yield { line, fault: 'is no JSON' };
      continue;
    }
    yield { line, row };
  }
}

/** Bytes of one row of CSV: a quote that is not closed would take the rest of the file into memory. */
const longestRow = 64 * 1024;

/** The names of the header, without spaces around them and in lower case; undefined where there is no header. */
function namesOf(header: readonly string[]): string[] | undefined {
  const names = header.map((name) => name.trim().toLowerCase());
  return names.includes('access_token') && names.some((name) => name === 'user_id' || name === 'application')
    ? names
    : undefined;
}

/** Rows of CSV (RFC 4180) with a header. The line is the one on which the row ends. */
async function* readCsv(input: Readable): AsyncGenerator<SourceLine> {
  const faults: SourceLine[] = [];
  let over = false;
  const stop = (line: number, fault: string) => {
    if (over) return;
    over = true;
    faults.push({ line, fault });
    input.unpipe(parser);
    input.destroy();
    parser.end();
  };
  const parser = parse({
    // A first line that is no header may have tokens: nothing of it is told.
    columns: (header: string[]) => {
      const names = namesOf(header);
      if (!names)
        stop(1, 'is no header with access_token and user_id or application between commas, so nothing was read');
      return names ?? header.map(() => false);
    },
    bom: true,
    info: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: longestRow,
    on_skip: (error) => {
      const line = Number((error as { lines?: number } | undefined)?.lines ?? 0);
      if (error?.code === 'CSV_MAX_RECORD_SIZE')
        stop(line, 'is in a row of more than 64 KiB, as after a quote that nothing closes; what follows was not read');
      else if (error?.code === 'CSV_QUOTE_NOT_CLOSED')
        stop(line, 'is the end, within a quote that nothing closes; rows since it began were not read');
      else if (!over) faults.push({ line, fault: 'is no row of CSV with the header’s columns' });
      return undefined;
    },
  });
  input.pipe(parser);
  for await (const { record, info } of parser as AsyncIterable<{ record: unknown; info: { lines: number } }>) {
    yield* faults.splice(0);
    if (Object.keys(record as object).length > 0) yield { line: info.lines, row: record };
  }
  yield* faults;
}

/** The lines of a source, as they come: nothing of it is kept. */
export const readLines = (format: 'jsonl' | 'csv', input: Readable): AsyncGenerator<SourceLine> =>
  format === 'csv' ? readCsv(input) : readJsonLines(input);
