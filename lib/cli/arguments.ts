import { CommanderError, type CommandUnknownOpts, Help, Command as Parser } from '@commander-js/extra-typings';
import { alertCommands } from '#lib/cli/arguments/alerts';
import { apiKeyCommands } from '#lib/cli/arguments/api-keys';
import { applicationCommands } from '#lib/cli/arguments/applications';
import { evidenceCommands } from '#lib/cli/arguments/evidence';
import { freezeCommands } from '#lib/cli/arguments/freezes';
import { ledgerCommands } from '#lib/cli/arguments/ledger';
import { listenCommand } from '#lib/cli/arguments/listen';
import { peopleCommands } from '#lib/cli/arguments/people';
import { providerCommands } from '#lib/cli/arguments/providers';
import { revocationCommands } from '#lib/cli/arguments/revocations';
import { transferCommands } from '#lib/cli/arguments/transfer';
import { vaultCommands } from '#lib/cli/arguments/vault';
import { webhookCommands } from '#lib/cli/arguments/webhooks';
import type { Command } from '#lib/cli/commands';
import { type Invocation, UsageError, withHelp } from '#lib/cli/invocation';
import { productVersion } from '#lib/status/version';

const afterAll = `
grantkeep help <command> prints the arguments of a command with an example.

With DATABASE_URL a command works on that server. Without, it asks the running process over a
socket in DATA_DIR, or opens the data folder itself if no process runs.`;

/** The commands below this one that do something, without the groups that they stand in. */
const commandsOf = (command: CommandUnknownOpts): CommandUnknownOpts[] =>
  command.commands.flatMap((child) => (child.commands.length > 0 ? commandsOf(child) : [child]));

/** `api-key create`, as its user types it. */
const nameOf = (command: CommandUnknownOpts): string =>
  command.parent?.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

/** Commands with output that no program reads as lines of JSON: a script, a note, and a page. */
const withoutJson = ['completion', 'ledger checkpoint', 'evidence report'];

/** Lets a script add `--json` to any command, also where lines of JSON are all that it prints. */
function acceptJson(program: Parser): void {
  for (const command of commandsOf(program))
    if (!withoutJson.includes(nameOf(command)) && !command.options.some(({ long }) => long === '--json'))
      command.option('--json', 'Prints lines of JSON. This command prints them without it, too.');
}

/** The parser of every command. It ends no process and prints nothing. */
function createParser(take: (invocation: Invocation) => void, print: (text: string) => void): Parser {
  const program = new Parser('grantkeep')
    .usage('<command>')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => undefined, getOutHelpWidth: () => 100 })
    .configureHelp({
      formatHelp: (command, helper) =>
        new Help().formatHelp(command, Object.assign(helper, { visibleCommands: commandsOf })),
      subcommandTerm: nameOf,
      optionDescription: ({ description }) => description,
    })
    .helpOption('-h, --help', 'Prints this.')
    .version(productVersion(), '-V, --version', 'Prints the version of these files.')
    .helpCommand(false)
    .addHelpText('after', afterAll);
  const run = (command: Command) => take({ kind: 'command', command });
  apiKeyCommands(program, run);
  applicationCommands(program, run);
  freezeCommands(program, run);
  peopleCommands(program, run);
  alertCommands(program, run);
  providerCommands(program, run, take);
  revocationCommands(program, run);
  ledgerCommands(program, run, take);
  evidenceCommands(program, run, take);
  vaultCommands(program, run);
  webhookCommands(program, run);
  listenCommand(program, take);
  transferCommands(program, run, take);
  withHelp(program.command('scripts'), {
    does: 'Prints every script that the pages of this build may run, and why it is there.',
    more: 'Needs the build, and neither configuration nor database.',
    example: 'scripts --json',
  })
    .option('--json', 'Prints the inventory as one document.')
    .action(({ json }) => take({ kind: 'scripts', json: json ?? false }));
  const config = program.command('config').description('Looks at the configuration.');
  withHelp(config.command('check'), {
    does: 'Checks the configuration as the start does, and starts nothing.',
    more: 'It prints every fault, one line of JSON each, and opens no database.',
    example: 'config check',
  }).action(() => take({ kind: 'config-check' }));
  withHelp(program.command('reload'), {
    does: 'Lets every process read PROVIDERS_FILE and the client secrets in files again.',
    more: 'Prints a line of JSON for each process. A fault leaves all as it was. Status 1 unless every process took it.',
    example: 'reload',
  }).action(() => run({ command: 'reload' }));
  withHelp(program.command('completion'), {
    does: 'Prints a script by which bash completes commands and options.',
    more: 'Needs neither configuration nor database.',
    example: 'completion > /etc/bash_completion.d/grantkeep',
  }).action(() => take({ kind: 'completion' }));
  withHelp(program.command('migrate'), {
    does: 'Brings the PostgreSQL database to this build’s schema.',
    more: 'It works as the role of MIGRATE_DATABASE_URL, and gives DATABASE_URL’s role its rights.',
    example: 'migrate',
  }).action(() => take({ kind: 'migrate' }));
  acceptJson(program);
  return program;
}

/** The command or group that the first words name, and how many words that takes. */
function namedBy(program: Parser, words: readonly string[]): { command: CommandUnknownOpts; depth: number } {
  let command: CommandUnknownOpts = program;
  let depth = 0;
  for (const word of words) {
    const next = command.commands.find((candidate) => [candidate.name(), ...candidate.aliases()].includes(word));
    if (!next) break;
    command = next;
    depth += 1;
  }
  return { command, depth };
}

/** The library takes `--reason --all` as a reason; an option that lost its value must not hide the next one. */
function refuseLostValues(command: CommandUnknownOpts, words: readonly string[]): void {
  for (const [at, word] of words.entries()) {
    const value = words[at + 1];
    const takesValue = command.options.some((option) => option.required && option.long === word);
    if (takesValue && value && /^-./.test(value))
      throw new UsageError(`${word} has no value. Write ${word}=${value} if the value begins with a hyphen.`);
  }
}

/** The library's sentence, as the other faults are written. */
function sentence(error: CommanderError, command: CommandUnknownOpts): string {
  if (error.code === 'commander.help') return `Give a command of ${nameOf(command)}.`;
  const text = error.message.replace(/^error: /, '').replace(/\n\((.*)\)$/, '. $1');
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?]$/.test(whole) ? whole : `${whole}.`;
}

/**
 * The command that the arguments ask for, or the help of the command that they name.
 * @throws UsageError
 */
export function parseArguments(args: readonly string[]): Invocation {
  const [first, ...rest] = args;
  const words = first === undefined || first === 'help' ? [...rest, '--help'] : args;
  let invocation: Invocation | undefined;
  let text = '';
  const program = createParser(
    (made) => {
      invocation = made;
    },
    (part) => {
      text += part;
    },
  );
  const { command, depth } = namedBy(program, words);
  const isGroup = command.commands.length > 0;
  if (!isGroup) refuseLostValues(command, words.slice(depth));
  // Help is no answer to a command that does not exist.
  const unknown = isGroup && words[depth]?.startsWith('-') === false;
  try {
    program.parse(unknown ? words.slice(0, depth + 1) : words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return { kind: 'help', text };
    throw new UsageError(sentence(error, command), { cause: error });
  }
  if (!invocation) throw new UsageError('The arguments cannot be read.');
  return invocation;
}

/** Each command and group by its words, with the words and options that may follow. */
function completions(command: CommandUnknownOpts, words = ''): [words: string, next: string[]][] {
  const options = [...command.options.flatMap(({ long }) => long ?? []), '--help'];
  const next = command.commands.length > 0 ? command.commands.map((child) => child.name()) : options;
  return [[words, next], ...command.commands.flatMap((child) => completions(child, `${words} ${child.name()}`.trim()))];
}

/** A script for bash that knows every command and option of this build. */
export function completionScript(): string {
  const program = createParser(
    () => undefined,
    () => undefined,
  );
  const cases = completions(program).map(([words, next]) => `    '${words}') next='${next.join(' ')}' ;;`);
  return `${[
    '# bash completion of grantkeep',
    '_grantkeep() {',
    '  local words="" next="" at',
    '  for ((at = 1; at < COMP_CWORD; at++)); do',
    `    case "\${COMP_WORDS[at]}" in -*) break ;; esac`,
    `    words="\${words:+$words }\${COMP_WORDS[at]}"`,
    '  done',
    '  case "$words" in',
    ...cases,
    '  esac',
    `  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))`,
    '}',
    'complete -o default -F _grantkeep grantkeep',
  ].join('\n')}\n`;
}

/** The usage of the command or group that the arguments name, for an answer to faulty arguments. */
export function usageOf(args: readonly string[]): string {
  const program = createParser(
    () => undefined,
    () => undefined,
  );
  return namedBy(program, args).command.helpInformation();
}
