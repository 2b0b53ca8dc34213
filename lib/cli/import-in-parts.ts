import { askForParts } from '#lib/cli/asked-parts';
import { type ImportOptions, importAll } from '#lib/cli/transfer-commands';
import type { CommandLineSettings } from '#lib/config/command-line';

type Line = Record<string, unknown>;

/** Imports in parts, wherever the data is open. */
export async function importInParts(options: ImportOptions, settings: CommandLineSettings): Promise<Line[]> {
  const parts = askForParts(settings, { mayOpen: true });
  const lines: Line[] = [];
  try {
    const complete = await importAll(options, settings.importSource, parts.run, (line) => lines.push(line));
    if (!complete) process.exitCode = 1;
    return lines;
  } finally {
    await parts.close();
  }
}
