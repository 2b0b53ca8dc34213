import { askForParts } from '#lib/cli/asked-parts';
import { type ImportOptions, importAll } from '#lib/cli/transfer-commands';
import type { CommandLineSettings } from '#lib/config/command-line';

/**
 * Imports in parts, wherever the data is open.
 * @param print is given each line as it comes: an import that ends early has told what it knows
 */
export async function importInParts(
  options: ImportOptions,
  settings: CommandLineSettings,
  print: (line: Record<string, unknown>) => void,
): Promise<void> {
  const parts = askForParts(settings, { mayOpen: true });
  try {
    const complete = await importAll(options, settings.importSource, parts.run, print);
    if (!complete) process.exitCode = 1;
  } finally {
    await parts.close();
  }
}
