import { askProcess } from '#lib/cli/ask-process';
import { type Command, runCommand } from '#lib/cli/commands';
import { openFor } from '#lib/cli/run-here';
import type { CommandLineSettings } from '#lib/config/command-line';
import { type Runtime, systemContext } from '#lib/context';
import { AppError } from '#lib/errors';

type Line = Record<string, unknown>;

/** Asks for one part after the other, wherever the data is open. */
export interface AskedParts {
  /** @throws NoProcess where the data folder must be left to a process that is to come, and none is running */
  run(command: Command): Promise<Line[]>;
  close(): Promise<void>;
}

/** No process has the data folder open just now. */
export class NoProcess extends Error {
  override readonly name = 'NoProcess';
}

/**
 * The parts of a long command: over the socket of the running process, or on one runtime of this process.
 * @param mayOpen whether this process may open the data folder itself. While it has, no hub can start on it
 */
export function askForParts(settings: CommandLineSettings, { mayOpen }: { mayOpen: boolean }): AskedParts {
  let own: Promise<Runtime> | undefined;
  return {
    async run(command) {
      if (!settings.databaseUrl && !own) {
        const answer = await askProcess(settings.dataDir, command);
        if (answer?.ok) return answer.lines;
        if (answer) {
          const { code, message } = answer;
          throw new AppError(code === 'unavailable' ? code : 'invalid_request', { message });
        }
        if (!mayOpen) throw new NoProcess('No process of the hub is running.');
      }
      own ??= openFor(command, settings);
      return runCommand(systemContext(await own, 'cli'), command);
    },
    async close() {
      const runtime = await own?.catch(() => undefined);
      if (!runtime) return;
      await Promise.allSettled(runtime.background);
      await runtime.database.close();
    },
  };
}
