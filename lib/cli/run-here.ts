import { bareRuntime } from '#lib/cli/bare-runtime';
import { type Command, commandAfter, runCommand } from '#lib/cli/commands';
import type { CommandLineSettings } from '#lib/config/command-line';
import { ConfigError } from '#lib/config/config';
import { type Runtime, systemContext } from '#lib/context';
import { getRuntime, NotMigrated } from '#lib/runtime';
import { KeyServiceDown } from '#lib/vault/root';
import { holdDataKeys } from '#lib/vault-keys/data-keys';

type Line = Record<string, unknown>;

/** Commands that must work when nothing else does. */
const freezes: readonly Command['command'][] = ['freeze', 'thaw', 'freezes', 'sessions end'];

/** Opens the parts of this process. Where the configuration is faulty, a freeze gets the few parts that it needs. */
export async function openFor({ command }: Command, settings: CommandLineSettings): Promise<Runtime> {
  try {
    const runtime = await getRuntime();
    // Most commands open no token.
    await holdDataKeys(runtime).catch((err: unknown) => {
      if (!(err instanceof KeyServiceDown)) throw err;
      runtime.log.warn({ event: 'key_service_down', err });
    });
    return runtime;
  } catch (error) {
    const faulty = error instanceof ConfigError || error instanceof NotMigrated;
    const bare = faulty && freezes.includes(command) ? bareRuntime(settings) : undefined;
    if (!bare) throw error;
    return bare;
  }
}

/** Runs the command in this process, which opens the database for it. */
export async function runHere(command: Command, settings: CommandLineSettings): Promise<Line[]> {
  const runtime = await openFor(command, settings);
  try {
    const ctx = systemContext(runtime, 'cli');
    const lines: Line[] = [];
    for (let next: Command | null = command; next; ) {
      const part = await runCommand(ctx, next);
      lines.push(...part);
      next = commandAfter(next, part);
    }
    return lines;
  } finally {
    await Promise.allSettled(runtime.background);
    await runtime.database.close();
  }
}
