import { type CommandGroup, required, UsageError, withHelp } from '#lib/cli/invocation';

/** `drill` and `revocations …` */
export const revocationCommands: CommandGroup = (program, run) => {
  withHelp(program.command('drill'), {
    does: 'Revokes a connection to a test account, measures each step, and tries its tokens afterwards.',
    more: 'Without --connection the hub makes a grant at the test account of the provider’s record (drill_consent), and ends it. A connection that you name ends for good. Prints one line of JSON.',
    usage: '<provider> [--connection <id>]',
    example: 'drill google --connection con_…',
  })
    .argument('<provider>', 'The id of the provider.')
    .option('--connection <id>', 'The connection to the test account.')
    .action((provider, { connection }) =>
      run({ command: 'drill', provider, ...(connection === undefined ? {} : { connection }) }),
    );

  const group = program.command('revocations').description('Lists and settles tokens that the hub could not revoke.');

  withHelp(group.command('held'), {
    does: 'Prints the held tokens, which the hub could not revoke, one line of JSON each.',
    more: 'At most 100, and then {"more": true}.',
    example: 'revocations held',
  }).action(() => run({ command: 'revocations held' }));

  const settled = (name: 'let-go' | 'retry', does: string, more: string, why: string) =>
    withHelp(group.command(name), {
      does,
      more,
      usage: '--id <id> --reason <why>',
      example: `revocations ${name} --id rfg_… --reason '${why}'`,
    })
      .option('--id <id>', 'The id, as revocations held prints it.')
      .option('--reason <why>', 'The reason, which the ledger keeps.')
      .action(({ id, reason }) => {
        if (!id) throw new UsageError('--id is required, as revocations held prints it.');
        run({ command: `revocations ${name}`, id, reason: required(reason, '--reason') });
      });
  settled('let-go', 'Erases held tokens.', 'The hub cannot end their grant afterwards.', 'removed at the provider');
  settled(
    'retry',
    'Tries once more to revoke held tokens.',
    'Other connections to the account may end with them.',
    'other connections may end',
  );
};
