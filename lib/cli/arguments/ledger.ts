import { readFileSync } from 'node:fs';
import type { Command as Parser } from '@commander-js/extra-typings';
import type { Command } from '#lib/cli/commands';
import { collect, type Invocation, UsageError, withHelp } from '#lib/cli/invocation';
import { callersFile } from '#lib/config/callers-file';

function readCheckpoint(path: string): string {
  try {
    return readFileSync(callersFile(path), 'utf8');
  } catch (cause) {
    throw new UsageError(`The checkpoint ${path} cannot be read.`, { cause });
  }
}

/** A whole number that is not negative. @throws UsageError */
function readNumber(text: string, option: string): number {
  const number = Number(text);
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${option} is a whole number.`);
  return number;
}

/** `ledger …`; `take` receives what prints or reads a file part by part. */
export function ledgerCommands(
  program: Parser,
  run: (command: Command) => void,
  take: (invocation: Invocation) => void,
): void {
  const group = program.command('ledger').description('Checks, notes, streams and prunes the ledger.');

  withHelp(group.command('verify'), {
    does: 'Checks every seal and every row of the ledger, and the checkpoints that you kept.',
    more: 'Prints the result as one line of JSON. Status 1 if the ledger is broken.',
    example: 'ledger verify --checkpoint monday.txt',
  })
    .option('--checkpoint <file>', 'A note that ledger checkpoint printed. May be repeated.', collect)
    .action(({ checkpoint }) =>
      run({ command: 'ledger verify', checkpoints: (checkpoint ?? []).map((path) => readCheckpoint(path)) }),
    );

  withHelp(group.command('checkpoint'), {
    does: 'Prints a signed note of the ledger’s newest seal.',
    more: 'Keep it elsewhere.',
    example: 'ledger checkpoint',
  }).action(() => run({ command: 'ledger checkpoint' }));

  withHelp(group.command('keys'), {
    does: 'Prints the public halves of the ledger’s keys, one line of JSON each.',
    example: 'ledger keys',
  }).action(() => run({ command: 'ledger keys' }));

  withHelp(group.command('prune'), {
    does: 'Drops the months that LEDGER_RETENTION_MONTHS no longer keeps.',
    more: 'It works as the role of MIGRATE_DATABASE_URL where there is one.',
    example: 'ledger prune',
  }).action(() => run({ command: 'ledger prune' }));

  withHelp(group.command('stream'), {
    does: 'Prints the entries of the ledger as events of OCSF, one line of JSON each.',
    more: 'Each entry comes at least once. It ends at the newest settled entry, or waits for more with --follow.',
    example: 'ledger stream --follow --cursor /var/lib/siem/grantkeep.cursor',
  })
    .option('--from <position>', 'Begins at this position of the ledger; without it at the first entry.')
    .option('--cursor <file>', 'Goes on where this file says, and notes in it how far it came.')
    .option('--follow', 'Waits for further entries until it is ended.')
    .action(({ from, cursor, follow }) =>
      take({
        kind: 'ledger-stream',
        from: readNumber(from ?? '0', '--from'),
        cursor: cursor && callersFile(cursor),
        follow: follow ?? false,
      }),
    );

  withHelp(group.command('reconcile'), {
    does: 'Compares events that a SIEM gave back with the seals of the ledger.',
    more: 'Prints one line of JSON: what is missing, doubled or altered, and up to which seal all is there. Status 1 for a fault.',
    example: 'ledger reconcile exported.jsonl',
  })
    .argument('<file>', 'JSON lines in any order; - for standard input.')
    .option('--from-seal <number>', 'The first seal of which the file shall have the entries; without it 1.')
    .action((file, { fromSeal }) =>
      take({ kind: 'ledger-reconcile', file: callersFile(file), fromSeal: readNumber(fromSeal ?? '1', '--from-seal') }),
    );
}
