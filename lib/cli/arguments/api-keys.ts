import { Option } from '@commander-js/extra-typings';
import { type CommandGroup, collect, required, UsageError, withHelp } from '#lib/cli/invocation';
import { type ApiKeyScope, apiKeyScopes } from '#lib/db/schema/api-key-scopes';

const longestDays = 36_500;
/** As `rotateApiKey` has it; the command line loads the hub only where it runs it. */
const longestOverlapHours = 720;

function scope(text: string, before: ApiKeyScope[] | undefined): ApiKeyScope[] {
  const known = apiKeyScopes.find((candidate) => candidate === text);
  if (!known) throw new UsageError(`There is no scope ${text}.`);
  return [...(before ?? []), known];
}

function days(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= longestDays))
    throw new UsageError('--expires-in-days must be a number of days above 0.');
  return number;
}

function hours(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isInteger(number) || number < 0 || number > longestOverlapHours)
    throw new UsageError(`--overlap-hours must be a whole number from 0 to ${longestOverlapHours}.`);
  return number;
}

const from = ['--from <address>', 'An address or network that the key is expected from. May be repeated.'] as const;
const elsewhere = () =>
  new Option('--elsewhere <answer>', 'The answer to calls from other addresses: deny (unless set) or alert.').choices([
    'deny',
    'alert',
  ] as const);

function addresses(values: { from?: string[] | undefined; elsewhere?: 'deny' | 'alert' | undefined }) {
  if (values.elsewhere !== undefined && !values.from) throw new UsageError('--elsewhere goes with --from.');
  return { ipRanges: values.from ?? null, ipRule: values.elsewhere ?? 'deny' } as const;
}

/** `api-key …` */
export const apiKeyCommands: CommandGroup = (program, run) => {
  const group = program.command('api-key').description('Makes, lists and ends the keys of services.');

  withHelp(group.command('create'), {
    does: 'Makes an API key and prints it, once.',
    usage: '--name <name> --scope <scope> [options]',
    example: 'api-key create --name billing --scope tokens:vend --provider google --expires-in-days 90',
  })
    .option('--name <name>', 'What administrators call the key.')
    .option('--scope <scope>', `What the key may do: ${apiKeyScopes.join(', ')}. May be repeated.`, scope)
    .option('--purpose <text>', 'What the service does with an account, in words for its owner.')
    .option('--owner <text>', 'The team or the address that answers for the service.')
    .option('--provider <id>', 'A provider that the key may use; all unless set. May be repeated.', collect)
    .option('--application <id>', 'The application that the key is for: it sees the people of that one alone.')
    .option('--expires-in-days <days>', 'Days until the key ends; never unless set.', days)
    .option(...from, collect)
    .addOption(elsewhere())
    .action(({ name, purpose, owner, scope: scopes, provider, application, expiresInDays, ...values }) => {
      const given = required(name, '--name');
      if (!scopes) throw new UsageError('--scope is required.');
      run({
        command: 'api-key create',
        name: given,
        purpose: purpose ?? null,
        owner: owner ?? null,
        scopes,
        providers: provider ?? null,
        applicationId: application ?? null,
        expiresInDays: expiresInDays ?? null,
        ...addresses(values),
      });
    });

  withHelp(group.command('addresses'), {
    does: 'Sets the addresses that a key is expected from.',
    usage: '--id <id> (--from <address> [options] | --anywhere)',
    example: 'api-key addresses --id key_… --from 203.0.113.0/24 --elsewhere alert',
  })
    .option('--id <id>', 'The key, as api-key list prints it.')
    .option(...from, collect)
    .addOption(elsewhere())
    .option('--anywhere', 'Expects the key from every address.')
    .action(({ id, anywhere, ...values }) => {
      const given = required(id, '--id');
      if ((values.from === undefined) === (anywhere === undefined)) throw new UsageError('Give --from or --anywhere.');
      run({ command: 'api-key addresses', id: given, ...addresses(values) });
    });

  withHelp(group.command('rotate'), {
    does: 'Makes a key in the place of another and prints it, once. Both are accepted until the overlap is over.',
    usage: '--id <id> [--overlap-hours <hours>]',
    example: 'api-key rotate --id key_… --overlap-hours 24',
  })
    .option('--id <id>', 'The key, as api-key list prints it.')
    .option('--overlap-hours <hours>', 'Hours until the old key ends: 0 to 720; 24 unless set.', hours)
    .action(({ id, overlapHours }) =>
      run({ command: 'api-key rotate', id: required(id, '--id'), overlapHours: overlapHours ?? 24 }),
    );

  withHelp(group.command('list'), {
    does: 'Prints every API key, one line of JSON each.',
    usage: '[--application <id>]',
    example: 'api-key list --application app_…',
  })
    .option('--application <id>', 'Only the keys of this application.')
    .action(({ application }) => run({ command: 'api-key list', application }));

  withHelp(group.command('revoke'), {
    does: 'Ends an API key at once.',
    usage: '--id <id>',
    example: 'api-key revoke --id key_…',
  })
    .option('--id <id>', 'The key, as api-key list prints it.')
    .action(({ id }) => run({ command: 'api-key revoke', id: required(id, '--id') }));
};
