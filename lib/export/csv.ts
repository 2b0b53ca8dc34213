import { pipeline, Readable } from 'node:stream';
import { stringify } from 'csv-stringify';

/** The values of a cell. Moments become ISO 8601, null an empty cell. */
export type Cell = string | number | boolean | Date | null;

/**
 * Rows as CSV (RFC 4180: header, CRLF), as they come: nothing waits for the last row. A text that a spreadsheet would
 * take for a formula (beginning with `=`, `+`, `-`, `@`, a tab or a line break) gets an apostrophe before it, so that a
 * name somebody chose cannot run at the reader of the file. A fault of the source ends the stream with that fault.
 * @param columns names of the cells, in order; they are the header
 */
export function csvOf<Column extends string>(
  columns: readonly Column[],
  rows: AsyncIterable<Record<Column, Cell>>,
): Readable {
  const lines = stringify({
    header: true,
    columns: [...columns],
    escape_formulas: true,
    record_delimiter: 'windows',
    // Else a lone line break would go out as it is and could begin a row of its own.
    quoted_match: /[\r\n]/,
    cast: {
      string: (value) => (value.startsWith('\n') ? `'${value}` : value),
      date: (value) => value.toISOString(),
      boolean: (value) => (value ? 'true' : 'false'),
    },
  });
  pipeline(Readable.from(rows), lines, () => {
    // `lines` is destroyed with the fault, and its reader told; no other reader is there.
  });
  return lines;
}
