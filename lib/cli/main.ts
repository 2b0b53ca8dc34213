import { parseArguments, UsageError, usage, usageOf } from '#lib/cli/arguments';
import { askProcess } from '#lib/cli/ask-process';
import { bareRuntime } from '#lib/cli/bare-runtime';
import { checkText } from '#lib/cli/check-text';
import { type Command, commandAfter, runCommand } from '#lib/cli/commands';
import { migrate } from '#lib/cli/migrate';
import { providerImport } from '#lib/cli/provider-import';
import { visible } from '#lib/cli/visible';
import { type CommandLineSettings, getCommandLineSettings } from '#lib/config/command-line';
import { ConfigError } from '#lib/config/config';
import { type Runtime, systemContext } from '#lib/context';
import { AppError, isAppError } from '#lib/errors';
import { createLogger, getLogger, scrub } from '#lib/log';
import { ignoreInspectorSignal } from '#lib/printed';
import { getRuntime, NotMigrated } from '#lib/runtime';

type Line = Record<string, unknown>;

/** Commands that must work when nothing else does. */
const freezes: readonly Command['command'][] = ['freeze', 'thaw', 'freezes', 'sessions end'];

async function openFor({ command }: Command, settings: CommandLineSettings): Promise<Runtime> {
  try {
    return await getRuntime();
  } catch (error) {
    const faulty = error instanceof ConfigError || error instanceof NotMigrated;
    const bare = faulty && freezes.includes(command) ? bareRuntime(settings) : undefined;
    if (!bare) throw error;
    return bare;
  }
}

/** Runs the command in this process, which opens the database for it. */
async function runHere(command: Command, settings: CommandLineSettings): Promise<Line[]> {
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

/** Notes are printed as they are; a broken ledger or a check that fails ends the process with status 1. */
function toOutput(command: Command, lines: Line[]): Line[] | string {
  const [first] = lines;
  const { command: name } = command;
  const broken = name === 'ledger verify' && first?.ok !== true;
  if (broken || (name === 'provider check' && lines.some(({ result }) => result === 'fails'))) process.exitCode = 1;
  if (command.command === 'provider check' && !command.json) return checkText(lines);
  return name === 'ledger checkpoint' ? String(first?.text) : lines;
}

async function run(args: readonly string[]): Promise<Line[] | string> {
  const invocation = parseArguments(args);
  if (invocation.kind === 'help') return usage;
  if (invocation.kind === 'import') {
    const { output, report, complete } = providerImport(invocation);
    process.stderr.write(report);
    if (!complete) process.exitCode = 1;
    return output;
  }
  const settings = getCommandLineSettings();
  if (invocation.kind === 'migrate') return [await migrate(settings)];
  const { command } = invocation;
  if (command.command === 'provider check' && process.stderr.isTTY)
    process.stderr.write(`Checking ${command.provider}, for at most 20 seconds.\n`);
  const lines = await runWhole(command, settings);
  return toOutput(command, lines);
}

/** Runs the command wherever the data is open, a part after the other where its answer is long. */
async function runWhole(command: Command, settings: CommandLineSettings): Promise<Line[]> {
  const answer = settings.databaseUrl ? undefined : await askProcess(settings.dataDir, command);
  if (!answer) return runHere(command, settings);
  if (answer.ok) {
    const next = commandAfter(command, answer.lines);
    return next ? [...answer.lines, ...(await runWhole(next, settings))] : answer.lines;
  }
  const { issues } = answer;
  throw new AppError('invalid_request', { message: answer.message, ...(issues ? { issues } : {}) });
}

function sentence(error: unknown): string {
  if (isAppError(error)) {
    const faults = error.issues?.map(({ path, message }) => `${path} ${message}`).join('; ');
    const cause = error.status >= 500 && error.cause instanceof Error ? ` (${scrub(error.cause.message)})` : '';
    return faults ? `${error.message} ${faults}` : error.message + cause;
  }
  return scrub(error instanceof Error ? error.message : 'Something went wrong.');
}

ignoreInspectorSignal();
// Standard output is for programs; whatever the parts have to say goes to standard error.
getLogger(() => createLogger({ level: 'warn', pretty: false, destination: process.stderr }));
try {
  const result = await run(process.argv.slice(2));
  process.stdout.write(
    typeof result === 'string' ? result : result.map((line) => `${visible(JSON.stringify(line))}\n`).join(''),
  );
} catch (error) {
  process.stderr.write(
    `grantkeep: ${sentence(error).replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, ' ')}\n${error instanceof UsageError ? `\n${usageOf(process.argv[2])}\n` : ''}`,
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
