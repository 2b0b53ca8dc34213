import { askProcess } from '#lib/cli/ask-process';
import { type Command, runCommand } from '#lib/cli/commands';
import { openFor } from '#lib/cli/run-here';
import { type ImportOptions, importAll } from '#lib/cli/transfer-commands';
import type { CommandLineSettings } from '#lib/config/command-line';
import { type Runtime, systemContext } from '#lib/context';
import { AppError } from '#lib/errors';

type Line = Record<string, unknown>;

/** Imports in parts: over the socket of the running process, or on one runtime of this process. */
export async function importInParts(options: ImportOptions, settings: CommandLineSettings): Promise<Line[]> {
  let own: Promise<Runtime> | undefined;
  const run = async (command: Command): Promise<Line[]> => {
    const answer = settings.databaseUrl || own ? undefined : await askProcess(settings.dataDir, command);
    if (answer?.ok) return answer.lines;
    if (answer) throw new AppError('invalid_request', { message: answer.message });
    own ??= openFor(command, settings);
    return runCommand(systemContext(await own, 'cli'), command);
  };
  const lines: Line[] = [];
  try {
    const complete = await importAll(options, settings.importSource, run, (line) => lines.push(line));
    if (!complete) process.exitCode = 1;
    return lines;
  } finally {
    const runtime = await own?.catch(() => undefined);
    if (runtime) {
      await Promise.allSettled(runtime.background);
      await runtime.database.close();
    }
  }
}
