import { readFileSync } from 'node:fs';
import { type CommandGroup, collect, UsageError, withHelp } from '#lib/cli/invocation';

function readCheckpoint(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`The checkpoint ${path} cannot be read.`, { cause });
  }
}

/** `ledger …` */
export const ledgerCommands: CommandGroup = (program, run) => {
  const group = program.command('ledger').description('Checks, notes and prunes the ledger.');

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
};
