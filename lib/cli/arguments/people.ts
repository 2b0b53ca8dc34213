import { type CommandGroup, required, UsageError, withHelp } from '#lib/cli/invocation';

const person = ['--person <person>', 'The person: an id (per_…) or an e-mail address.'] as const;
const reason = ['--reason <why>', 'The reason, which the ledger keeps.'] as const;

function personOf(value: string | undefined): string {
  const named = value?.trim();
  if (!named) throw new UsageError('--person is required: an id (per_…) or an e-mail address.');
  return named;
}

/** `sessions …` and `people …` */
export const peopleCommands: CommandGroup = (program, run) => {
  const sessions = program.command('sessions').description('Ends the sessions of people.');
  withHelp(sessions.command('end'), {
    does: 'Signs a person, or everybody, out at their next request.',
    more: 'They may sign in again: disable people to keep them out.',
    usage: '(--person <person> | --all)',
    example: 'sessions end --person ada@example.com',
  })
    .option(...person)
    .option('--all', 'Everybody.')
    .action((values) => {
      if ((values.person === undefined) === (values.all === undefined)) throw new UsageError('Give --person or --all.');
      run({ command: 'sessions end', person: values.all ? null : personOf(values.person) });
    });

  const people = program.command('people').description('Lists people, shuts them out, and lets them in again.');
  withHelp(people.command('list'), {
    does: 'Prints people, the newest first.',
    more: 'At most 10,000; search for the others.',
    example: 'people list --search example.com --json',
  })
    .option('--search <text>', 'Part of a name or e-mail address, or a whole id.')
    .option('--json', 'Prints one line of JSON for each person.')
    .action(({ search, json }) => run({ command: 'people list', search: search ?? null, json: json ?? false }));

  withHelp(people.command('disable'), {
    does: 'Shuts a person out.',
    more: 'Ends their sessions, refuses new ones, and revokes their connections.',
    usage: '--person <person> --reason <why> [options]',
    example: "people disable --person ada@example.com --reason 'account stolen'",
  })
    .option(...person)
    .option(...reason)
    .option('--dangerously-last-administrator', 'Disables the last administrator too.')
    .action((values) =>
      run({
        command: 'people disable',
        person: personOf(values.person),
        reason: required(values.reason, '--reason'),
        lastAdministrator: values.dangerouslyLastAdministrator ?? false,
      }),
    );

  withHelp(people.command('enable'), {
    does: 'Lets a disabled person sign in again.',
    more: 'Their connections stay revoked.',
    usage: '--person <person> --reason <why>',
    example: "people enable --person ada@example.com --reason 'account is theirs again'",
  })
    .option(...person)
    .option(...reason)
    .action((values) =>
      run({
        command: 'people enable',
        person: personOf(values.person),
        reason: required(values.reason, '--reason'),
      }),
    );
};
