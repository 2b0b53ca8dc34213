import { type CommandGroup, required, UsageError, withHelp } from '#lib/cli/invocation';
import type { FreezeScope } from '#lib/db/schema/freezes';

const usage = '(--all | --provider <id> | --person <id> | --connection <id> | --api-key <id>) --reason <why>';

interface Target {
  all?: true | undefined;
  provider?: string | undefined;
  person?: string | undefined;
  connection?: string | undefined;
  apiKey?: string | undefined;
}

/** The one thing that the options name. Two at once would be one freeze less than was meant, whichever is left out. */
function targetOf({ all, ...named }: Target): { scope: FreezeScope; target: string } {
  const scopes = { provider: 'provider', person: 'person', connection: 'connection', apiKey: 'api_key' } as const;
  const what: { scope: FreezeScope; target: string }[] = all ? [{ scope: 'everything', target: '' }] : [];
  for (const option of ['provider', 'person', 'connection', 'apiKey'] as const) {
    const target = named[option];
    if (target !== undefined) what.push({ scope: scopes[option], target });
  }
  const [only] = what;
  if (!only || what.length > 1 || (only.scope !== 'everything' && only.target === ''))
    throw new UsageError('Give one of --all, --provider, --person, --connection and --api-key.');
  return only;
}

/** `freeze`, `thaw`, `freezes` and `resume`. */
export const freezeCommands: CommandGroup = (program, run) => {
  const targeted = (name: 'freeze' | 'thaw', does: string, more: string) =>
    withHelp(program.command(name), { does, more, usage, example: `${name} --provider google --reason 'a leak'` })
      .option('--all', 'Everything.')
      .option('--provider <id>', 'A provider.')
      .option('--person <id>', 'A person.')
      .option('--connection <id>', 'A connection.')
      .option('--api-key <id>', 'An API key.')
      .option('--reason <why>', 'The reason, which the ledger keeps.')
      .action(({ reason, ...target }) =>
        run({ command: name, ...targetOf(target), reason: required(reason, '--reason') }),
      );
  targeted('freeze', 'Stops tokens at once.', 'No token is vended, refreshed or connected. Deletes nothing.');
  targeted('thaw', 'Lifts a freeze.', 'Other freezes stay.');

  withHelp(program.command('freezes'), {
    does: 'Prints the standing freezes, one line of JSON each.',
    example: 'freezes',
  }).action(() => run({ command: 'freezes' }));

  withHelp(program.command('resume'), {
    does: 'Lets the refreshes of a stopped provider go on.',
    more: 'Prints the providers that are still stopped, one line of JSON each.',
    usage: '--provider <id> --reason <why>',
    example: "resume --provider google --reason 'restored database checked'",
  })
    .option('--provider <id>', 'The stopped provider.')
    .option('--reason <why>', 'The reason, which the ledger keeps.')
    .action(({ provider, reason }) =>
      run({
        command: 'resume',
        provider: required(provider, '--provider'),
        reason: required(reason, '--reason'),
      }),
    );
};
