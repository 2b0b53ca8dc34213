import { completionScript, parseArguments, usageOf } from '#lib/cli/arguments';
import { askProcess } from '#lib/cli/ask-process';
import type { Command } from '#lib/cli/commands';
import { UsageError } from '#lib/cli/invocation';
import { nextPart } from '#lib/cli/next-part';
import { visible } from '#lib/cli/visible';
import { type CommandLineSettings, getCommandLineSettings, getHubSettings } from '#lib/config/command-line';
import { AppError, isAppError } from '#lib/errors';
import { createLogger, getLogger, scrub } from '#lib/log';
import { ignoreInspectorSignal } from '#lib/printed';
import { sayDatabaseFault } from '#lib/start-faults';

type Line = Record<string, unknown>;

/** Notes are printed as they are; a broken ledger or a check that fails ends the process with status 1. */
async function toOutput(command: Command, lines: Line[]): Promise<Line[] | string> {
  const [first] = lines;
  const { command: name } = command;
  const broken = name === 'ledger verify' && first?.ok !== true;
  const unread = name === 'reload' && lines.some(({ result }) => result !== 'in force');
  if (
    broken ||
    unread ||
    ((name === 'provider check' || name === 'check' || name === 'check scenarios') &&
      lines.some(({ result }) => result === 'fails'))
  )
    process.exitCode = 1;
  if (command.command === 'provider check' && !command.json)
    return (await import('#lib/cli/check-text')).checkText(lines);
  if (command.command === 'check scenarios' && !command.json)
    return (await import('#lib/cli/check-command')).scenariosText(lines);
  if (command.command === 'check' && !command.json) return (await import('#lib/cli/check-command')).checksText(lines);
  if ((name.endsWith(' list') || name === 'alerts ack') && 'json' in command && !command.json)
    return (await import('#lib/cli/table-text')).tableText(lines);
  return name === 'ledger checkpoint' || name === 'evidence' ? String(first?.text) : lines;
}

/** Loads the hub only where the command runs in this process: loading takes seconds of the processor. */
async function run(args: readonly string[]): Promise<Line[] | string> {
  const invocation = parseArguments(args);
  if (invocation.kind === 'help') return invocation.text;
  if (invocation.kind === 'import') {
    const { providerImport } = await import('#lib/cli/provider-import');
    const { output, report, complete } = providerImport(invocation);
    process.stderr.write(report);
    if (!complete) process.exitCode = 1;
    return output;
  }
  if (invocation.kind === 'evidence') {
    const { readEvidence } = await import('#lib/cli/evidence-command');
    const { report, page } = readEvidence(invocation);
    if (!report.ok) process.exitCode = 1;
    return page ?? [{ ...report }];
  }
  if (invocation.kind === 'scripts') return (await import('#lib/cli/scripts-command')).scriptsOutput(invocation);
  if (invocation.kind === 'completion') return completionScript();
  if (invocation.kind === 'config-check') {
    const { ok, lines } = (await import('#lib/cli/config-command')).checkConfig();
    if (!ok) process.exitCode = 1;
    return lines;
  }
  if (invocation.kind === 'listen') {
    await (await import('#lib/cli/listen')).listen(invocation.options, getHubSettings());
    return '';
  }
  const settings = getCommandLineSettings();
  if (invocation.kind === 'migrate') return [await (await import('#lib/cli/migrate')).migrate(settings)];
  if (invocation.kind === 'import-connections') {
    const { importInParts } = await import('#lib/cli/import-in-parts');
    await importInParts(invocation.options, settings, (line) => void process.stdout.write(textOf(line)));
    return '';
  }
  if (invocation.kind === 'ledger-stream') {
    await (await import('#lib/cli/stream-ledger')).streamLedger(invocation, settings);
    return '';
  }
  if (invocation.kind === 'ledger-reconcile') {
    const report = await (await import('#lib/cli/reconcile-ledger')).reconcileLedger(invocation, settings);
    if (!report.ok) process.exitCode = 1;
    return [{ ...report }];
  }
  const { command } = invocation;
  if (command.command === 'provider check' && process.stderr.isTTY)
    process.stderr.write(`Checking ${command.provider}, for at most 20 seconds.\n`);
  const lines = await runWhole(command, settings);
  return toOutput(command, lines);
}

/** Runs the command wherever the data is open, a part after the other where its answer is long. */
async function runWhole(command: Command, settings: CommandLineSettings): Promise<Line[]> {
  const answer = settings.databaseUrl ? undefined : await askProcess(settings.dataDir, command);
  if (!answer) return (await import('#lib/cli/run-here')).runHere(command, settings);
  if (answer.ok) {
    const next = await nextPart(command, answer.lines);
    return next ? [...answer.lines, ...(await runWhole(next, settings))] : answer.lines;
  }
  const { issues } = answer;
  throw new AppError('invalid_request', { message: answer.message, ...(issues ? { issues } : {}) });
}

const textOf = (line: Line): string => `${visible(JSON.stringify(line))}\n`;

function sentence(error: unknown): string {
  if (isAppError(error)) {
    const faults = error.issues?.map(({ path, message }) => `${path} ${message}`).join('; ');
    const { cause } = error;
    const because =
      error.status >= 500 && cause instanceof Error ? ` (${sayDatabaseFault(cause) ?? scrub(cause.message)})` : '';
    return faults ? `${error.message} ${faults}` : error.message + because;
  }
  if (error instanceof UsageError) return error.message;
  return sayDatabaseFault(error) ?? scrub(error instanceof Error ? error.message : 'Something went wrong.');
}

ignoreInspectorSignal();
// Standard output is for programs; whatever the parts have to say goes to standard error.
getLogger(() => createLogger({ level: 'warn', pretty: false, destination: process.stderr }));
// A reader that is gone has all that it wants, as `head` does. A disk that is full has not.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') process.stderr.write(`grantkeep: The output cannot be written: ${message}.\n`);
  process.exitCode ||= 1;
});
process.stderr.on('error', () => {});
try {
  const result = await run(process.argv.slice(2));
  process.stdout.write(typeof result === 'string' ? result : result.map(textOf).join(''));
} catch (error) {
  process.stderr.write(
    `grantkeep: ${sentence(error).replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, ' ')}\n${error instanceof UsageError ? `\n${usageOf(process.argv.slice(2))}\n` : ''}`,
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
