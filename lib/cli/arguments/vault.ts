import { type CommandGroup, withHelp } from '#lib/cli/invocation';

/** `vault …` */
export const vaultCommands: CommandGroup = (program, run) => {
  const group = program.command('vault').description('Counts, rotates and retires the keys that seal stored tokens.');

  withHelp(group.command('status'), {
    does: 'Counts the stored tokens by the key that sealed them.',
    more: 'Prints a line of JSON for each key, each root key and the resealing.',
    example: 'vault status',
  }).action(() => run({ command: 'vault status' }));

  withHelp(group.command('rotate'), {
    does: 'Makes a new key, which seals once every running process holds it.',
    example: 'vault rotate',
  }).action(() => run({ command: 'vault rotate' }));

  withHelp(group.command('reseal'), {
    does: 'Seals the stored tokens anew under the newest key.',
    more: 'It begins, works for 15 seconds and prints how far it came; the running processes go on.',
    example: 'vault reseal',
  })
    .option('--pause', 'Lets a resealing rest, until the next vault reseal.')
    .action(({ pause }) => run({ command: 'vault reseal', pause: pause ?? false }));

  withHelp(group.command('retire'), {
    does: 'Retires a key that no stored token needs, with a signed statement in the ledger.',
    example: 'vault retire k1',
  })
    .argument('<id>', 'The key, as vault status prints it.')
    .action((id) => run({ command: 'vault retire', id }));
};
