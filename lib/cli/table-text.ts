import { visible } from '#lib/cli/visible';

/** Lines as columns for people to read. Nothing that a name holds moves the cursor of the terminal. */
export function tableText(lines: readonly Record<string, unknown>[]): string {
  if (lines.length === 0) return 'None.\n';
  const names = Object.keys(lines[0] ?? {});
  const cell = (value: unknown) =>
    visible(value === null || value === undefined ? '-' : String(value).replaceAll('\n', ' '));
  const rows = [names, ...lines.map((line) => names.map((name) => cell(line[name])))];
  const widths = names.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((text, at) => text.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
