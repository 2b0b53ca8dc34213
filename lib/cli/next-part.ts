import type { Command } from '#lib/cli/commands';

/** Lines of the shortest part of a long answer: a shorter one is whole. */
const shortestPart = 500;

/** The command that asks for what comes after these lines; null where they were all. */
export async function nextPart(command: Command, lines: readonly Record<string, unknown>[]): Promise<Command | null> {
  if (lines.length < shortestPart) return null;
  const { commandAfter } = await import('#lib/cli/commands');
  return commandAfter(command, lines);
}
