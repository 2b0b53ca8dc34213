import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { SourceLine } from '#lib/transfer/import-row';

/** Rows of JSON Lines: an object each; blank lines are passed over. Lines count from 1. */
async function* readJsonLines(input: Readable): AsyncGenerator<SourceLine> {
  let line = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
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

/** Rows of CSV (RFC 4180) with a header. The line is the one on which the row ends. */
async function* readCsv(input: Readable): AsyncGenerator<SourceLine> {
  const faults: SourceLine[] = [];
  const parser = input.pipe(
    parse({
      columns: true,
      bom: true,
      info: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error) => {
        const line = Number((error as { lines?: number } | undefined)?.lines ?? 0);
        faults.push({ line, fault: 'is no row of CSV with the header’s columns' });
        return undefined;
      },
    }),
  );
  for await (const { record, info } of parser as AsyncIterable<{ record: unknown; info: { lines: number } }>) {
    yield* faults.splice(0);
    yield { line: info.lines, row: record };
  }
  yield* faults;
}

/** The lines of a source, as they come: nothing of it is kept. */
export const readLines = (format: 'jsonl' | 'csv', input: Readable): AsyncGenerator<SourceLine> =>
  format === 'csv' ? readCsv(input) : readJsonLines(input);
