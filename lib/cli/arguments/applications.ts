import { readFileSync, statSync } from 'node:fs';
import { largestLogo } from '#lib/applications/logo-limit';
import { type CommandGroup, collect, required, UsageError, withHelp } from '#lib/cli/invocation';
import { callersFile } from '#lib/config/callers-file';

const id = ['--id <id>', 'The application, as application list prints it.'] as const;
const reason = ['--reason <why>', 'The reason, which the ledger keeps.'] as const;
const name = ['--name <name>', 'The name that people read where it asks for their account.'] as const;
const contact = ['--contact <address>', 'Who runs it: an e-mail or https: address.'] as const;
const returnUrl = [
  '--return-url <url>',
  'An address that people may be led back to, exactly. May be repeated.',
] as const;
const provider = ['--provider <id>', 'A provider that it may use; every one unless set. May be repeated.'] as const;
const scope = [
  '--scope <provider:scope>',
  'A scope that it may ask of a provider; those of the provider’s record unless set. May be repeated.',
] as const;

/** The bytes of a file that is small enough, in base64. @throws UsageError */
function base64Of(named: string): string {
  const file = callersFile(named);
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? {};
  if (size === undefined) throw new UsageError('--logo names no file.');
  if (size > largestLogo) throw new UsageError(`--logo must have at most ${largestLogo / 1024} KiB.`);
  return readFileSync(file).toString('base64');
}

/** `google:openid` and its like, by provider. @throws UsageError */
function byProvider(texts: readonly string[] | undefined): Record<string, string[]> | undefined {
  if (!texts) return undefined;
  const scopes = new Map<string, string[]>();
  for (const text of texts) {
    const [, of, one] = /^([^:\s]+):(\S+)$/.exec(text) ?? [];
    if (!of || !one) throw new UsageError('--scope is written as provider:scope, such as google:openid.');
    scopes.set(of, [...(scopes.get(of) ?? []), one]);
  }
  return Object.fromEntries(scopes);
}

/** The value, or what the opposite option stands for; both together are a fault. @throws UsageError */
function orWithout<T>(value: T | undefined, without: true | undefined, empty: T, names: string): T | undefined {
  if (value !== undefined && without) throw new UsageError(`Give one of ${names}.`);
  return without ? empty : value;
}

/** `application …` */
export const applicationCommands: CommandGroup = (program, run) => {
  const group = program.command('application').description('Registers applications with people of their own.');

  withHelp(group.command('create'), {
    does: 'Registers an application, whose people connect accounts through it.',
    usage: '--name <name> --contact <address> --return-url <url> [options]',
    example:
      'application create --name Planner --contact ops@planner.example --return-url https://planner.example/connected',
  })
    .option(...name)
    .option(...contact)
    .option(...returnUrl, collect)
    .option(...provider, collect)
    .option(...scope, collect)
    .action((values) => {
      if (!values.returnUrl) throw new UsageError('--return-url is required.');
      run({
        command: 'application create',
        name: required(values.name, '--name'),
        contact: required(values.contact, '--contact'),
        returnUrls: values.returnUrl,
        providers: values.provider ?? null,
        scopes: byProvider(values.scope) ?? {},
      });
    });

  withHelp(group.command('list'), {
    does: 'Prints every application, one line of JSON each.',
    example: 'application list',
  }).action(() => run({ command: 'application list' }));

  withHelp(group.command('show'), {
    does: 'Prints one application.',
    usage: '--id <id>',
    example: 'application show --id app_…',
  })
    .option(...id)
    .action((values) => run({ command: 'application show', id: required(values.id, '--id') }));

  withHelp(group.command('change'), {
    does: 'Changes an application. A list that is given takes the place of the one before.',
    usage: '--id <id> [options]',
    example: 'application change --id app_… --return-url https://planner.example/back --every-provider',
  })
    .option(...id)
    .option(...name)
    .option(...contact)
    .option(...returnUrl, collect)
    .option(...provider, collect)
    .option('--every-provider', 'It may use every provider.')
    .option(...scope, collect)
    .option('--without-scopes', 'It asks for the scopes of the providers’ records.')
    .action((values) => {
      const providers = orWithout<string[] | null>(
        values.provider,
        values.everyProvider,
        null,
        '--provider and --every-provider',
      );
      const scopes = orWithout(byProvider(values.scope), values.withoutScopes, {}, '--scope and --without-scopes');
      run({
        command: 'application change',
        id: required(values.id, '--id'),
        name: values.name,
        contact: values.contact,
        returnUrls: values.returnUrl,
        ...{ providers, scopes },
      });
    });

  withHelp(group.command('appearance'), {
    does: 'Sets the logo and the colours that people see where the application asks for their account.',
    more: 'A colour needs a contrast of 4.5 with the text on it and the page behind it.',
    usage: '--id <id> [options]',
    example: "application appearance --id app_… --logo logo.png --light '#1d4ed8' --dark '#93c5fd'",
  })
    .option(...id)
    .option('--logo <file>', `A PNG, a JPEG or a WebP of at most ${largestLogo / 1024} KiB.`)
    .option('--without-logo', 'Takes the logo away.')
    .option('--light <colour>', 'The colour of buttons and links in the light scheme: #rrggbb.')
    .option('--dark <colour>', 'The same in the dark scheme. The two go together.')
    .option('--without-colours', 'Takes the colours away.')
    .action(({ light, dark, ...values }) => {
      if ((light === undefined) !== (dark === undefined)) throw new UsageError('Give --light and --dark together.');
      const given = light !== undefined && dark !== undefined ? { light, dark } : undefined;
      const file = values.logo === undefined ? undefined : base64Of(values.logo);
      run({
        command: 'application appearance',
        id: required(values.id, '--id'),
        logo: orWithout<string | null>(file, values.withoutLogo, null, '--logo and --without-logo'),
        colours: orWithout<{ light: string; dark: string } | null>(
          given,
          values.withoutColours,
          null,
          '--light with --dark and --without-colours',
        ),
      });
    });

  const acts = [
    ['disable', 'Stops an application: its keys are of no use, and it connects no account.', 'key leaked'],
    ['enable', 'Lets a disabled application go on.', 'key replaced'],
  ] as const;
  for (const [act, does, why] of acts)
    withHelp(group.command(act), {
      does,
      usage: '--id <id> --reason <why>',
      example: `application ${act} --id app_… --reason '${why}'`,
    })
      .option(...id)
      .option(...reason)
      .action((values) =>
        run({
          command: `application ${act}`,
          id: required(values.id, '--id'),
          reason: required(values.reason, '--reason'),
        }),
      );
};
