/** A table for people: a title, column heads, rows. Numbers are set to the right. */
export interface Table {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}

/** The table as Markdown with columns that line up, so that it reads in a terminal and can be pasted into a page. */
export function formatTable({ title, columns, rows }: Table): string {
  const cells = [columns, ...rows].map((row) => columns.map((_, at) => show(row[at] ?? '')));
  const numeric = columns.map((_, at) => rows.length > 0 && rows.every((row) => typeof row[at] === 'number'));
  const widths = columns.map((_, at) => Math.max(3, ...cells.map((row) => [...(row[at] ?? '')].length)));
  const line = (row: readonly string[]) => {
    const padded = row.map((cell, at) => {
      const blank = ' '.repeat((widths[at] ?? 0) - [...cell].length);
      return numeric[at] ? blank + cell : cell + blank;
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, at) => (numeric[at] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  const [head = [], ...body] = cells;
  return [title, '', line(head), line(rule), ...body.map(line)].join('\n');
}

function show(cell: string | number): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US', { maximumFractionDigits: 3 }) : cell;
}
