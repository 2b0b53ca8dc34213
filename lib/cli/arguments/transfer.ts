import { readFileSync } from 'node:fs';
import type { Command as Parser } from '@commander-js/extra-typings';
import type { Command } from '#lib/cli/commands';
import { type Invocation, UsageError, withHelp } from '#lib/cli/invocation';
import { callersFile } from '#lib/config/callers-file';

const sources = ['jsonl', 'csv', 'pgcrypto'] as const;

const jwkForm = 'a JWK (RFC 7517); keys of age, PGP and PEM are none';

function readKey(path: string): Record<string, unknown> {
  try {
    const key: unknown = JSON.parse(readFileSync(callersFile(path), 'utf8'));
    if (typeof key === 'object' && key !== null && !Array.isArray(key)) return key as Record<string, unknown>;
  } catch (cause) {
    throw new UsageError(`The public key ${path} cannot be read as ${jwkForm}.`, { cause });
  }
  throw new UsageError(`The public key ${path} is not ${jwkForm}.`);
}

/** `import` and `export`; `take` receives the import, which reads its source in parts. */
export function transferCommands(
  program: Parser,
  run: (command: Command) => void,
  take: (invocation: Invocation) => void,
): void {
  withHelp(program.command('import'), {
    does: 'Imports connections from standard input, or from a table under pgcrypto.',
    more: 'Without --apply it changes nothing and calls no provider. Prints a line for each fault, and the counts. Run it again after a cut: what is here already is passed over. Status 1 if a line is a fault.',
    usage: '--from jsonl|csv|pgcrypto --provider <id> [options]',
    example: 'import --from csv --provider google --apply < tokens.csv',
  })
    .option('--from <format>', 'jsonl, csv, or pgcrypto (IMPORT_DATABASE_URL and IMPORT_KEY).')
    .option('--provider <id>', 'The provider that issued the tokens.')
    .option('--people <id>', 'A provider that people sign in with: user_id is their subject there.')
    .option('--apply', 'Stores the connections.')
    .option('--refresh', 'Refreshes each stored connection once.')
    .action(({ from, provider, people, apply = false, refresh = false }) => {
      const format = sources.find((known) => known === from);
      if (!format) throw new UsageError('--from is jsonl, csv or pgcrypto.');
      if (!provider) throw new UsageError('--provider is required.');
      if (refresh && !apply) throw new UsageError('--refresh goes with --apply.');
      take({ kind: 'import-connections', options: { from: format, provider, people: people ?? null, apply, refresh } });
    });

  withHelp(program.command('export'), {
    does: 'Prints the connections that are not revoked, one line of JSON each, without tokens.',
    more: 'With --to each line is encrypted to that public key (JWE), and has the tokens.',
    example: 'export --to public-key.json',
  })
    .option('--to <file>', 'A file with a public RSA, EC or X25519 key as a JWK.')
    .action(({ to }) => run({ command: 'export', ...(to === undefined ? {} : { publicKey: readKey(to) }) }));
}
