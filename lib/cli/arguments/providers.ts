import type { Command as Parser } from '@commander-js/extra-typings';
import type { Command } from '#lib/cli/commands';
import { collect, type Invocation, UsageError, withHelp } from '#lib/cli/invocation';
import { callersFile } from '#lib/config/callers-file';

/** `name=value`, for a part of the provider's addresses. */
function readParts(parts: readonly string[]): Record<string, string> {
  const pairs = parts.map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError('--part is a name and a value, as shop=acme.');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** `check` and `provider …`; `take` receives the import, which needs no data. */
export function providerCommands(
  program: Parser,
  run: (command: Command) => void,
  take: (invocation: Invocation) => void,
): void {
  withHelp(program.command('check'), {
    does: 'Runs the security checks of the hub and every provider, or of one provider.',
    more: 'Prints each result, what was looked at, and how to mend it. Status 1 if a check fails.',
    example: 'check google',
  })
    .argument('[provider]', 'The id of a provider; the hub and every provider unless set.')
    .option('--scenarios', 'Plays the failure scenarios at the provider instead, where its record allows them.')
    .option('--json', 'Prints one line of JSON for each check.')
    .action((provider, { scenarios, json }) => {
      if (!scenarios) return run({ command: 'check', provider: provider || null, json: json ?? false });
      if (!provider) throw new UsageError('Give the id of a provider for --scenarios.');
      run({ command: 'check scenarios', provider, json: json ?? false });
    });

  const providers = program.command('providers').description('Shows the configured providers.');
  withHelp(providers.command('list'), {
    does: 'Prints the configured providers.',
    example: 'providers list --json',
  })
    .option('--json', 'Prints one line of JSON for each provider.')
    .action(({ json }) => run({ command: 'providers list', json: json ?? false }));

  const group = program.command('provider').description('Tries providers, and imports their records.');
  withHelp(group.command('check'), {
    does: 'Tries a provider without a person, in at most 20 seconds.',
    more: 'Looks at name, certificate, metadata, endpoints, client, redirect URI, keys and clock. Changes nothing there. Status 1 if a check fails.',
    example: 'provider check shopify --part shop=acme',
  })
    .argument('<id>', 'The id of a provider.')
    .option('--part <name=value>', 'A part of the provider’s addresses, as shop=acme. May be repeated.', collect)
    .option('--json', 'Prints one line of JSON for each check.')
    .action((provider, { part, json }) => {
      if (provider === '') throw new UsageError('Give the id of a provider.');
      run({ command: 'provider check', provider, accountParams: readParts(part ?? []), json: json ?? false });
    });

  withHelp(group.command('import'), {
    does: 'Prints records for PROVIDERS_FILE from a registry in the shape of Nango’s providers.yaml.',
    more: 'Prints the fields that are lost on standard error. Needs no configuration. Status 1 if a name gives no record.',
    example: 'provider import providers.yaml hubspot',
  })
    .argument('<file>', 'The file of the registry; - for standard input.')
    .argument('[names...]', 'Entries of the file; all that use the authorization code unless set.')
    .option('--json', 'Prints the records and the report as one document.')
    .action((file, names, { json }) => take({ kind: 'import', file: callersFile(file), names, json: json ?? false }));
}
