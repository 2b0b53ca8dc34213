import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Command } from '#lib/cli/commands';
import { type ApiKeyScope, apiKeyScopes } from '#lib/db/schema/api-keys';

export const usage = `Usage: grantkeep <command>

  api-key create --name <name> --scope <scope> [--scope <scope> …]
                 [--provider <id> …] [--expires-in-days <days>]
                 [--from <address or network> …] [--elsewhere deny|alert]
                 Makes an API key and prints it, once, as one line of JSON.
                 Scopes: ${apiKeyScopes.join(', ')}
  api-key addresses --id <id> (--from <address or network> … [--elsewhere deny|alert] | --anywhere)
                 Sets the addresses that a key is expected from, and the answer to other calls.
  api-key list   Prints every API key, one line of JSON each.
  api-key revoke --id <id>
                 Ends an API key at once.
  freeze <what> --reason <why>
                 Stops it at once: no token is vended, refreshed or connected. Deletes nothing.
                 What: --all, or one of --provider, --person, --connection, --api-key with an id.
  thaw <what> --reason <why>
                 Lifts that freeze. Other freezes stay.
  freezes        Prints the standing freezes, one line of JSON each.
  sessions end (--person <id or e-mail> | --all)
                 Signs a person, or everybody, out at their next request. They may sign in again:
                 disable people to keep them out.
  people disable --person <id or e-mail> --reason <why> [--dangerously-last-administrator]
                 Shuts a person out: ends their sessions, refuses new ones, revokes their connections.
                 The last administrator needs the long option.
  people enable --person <id or e-mail> --reason <why>
                 Lets a disabled person sign in again. Their connections stay revoked.
  resume --provider <id> --reason <why>
                 Lets the refreshes of a stopped provider go on, and prints the providers that are
                 still stopped, one line of JSON each.
  provider check <id> [--part <name>=<value> …] [--json]
                 Tries a provider without a person, in at most 20 seconds: name, certificate,
                 metadata, endpoints, client, redirect URI, keys, clock. Changes nothing there.
                 With --json it prints a line for each check. Status 1 if a check fails.
  provider import <file.yaml | -> [<name> …] [--json]
                 Prints records for PROVIDERS_FILE from a registry in the shape of Nango's
                 providers.yaml, and on standard error the fields that are lost. With --json it
                 prints both as one document. Needs no configuration. Status 1 if a name gives no
                 record.
  revocations held
                 Prints the held tokens, which the hub could not revoke, one line of JSON each: at
                 most 100, and then {"more": true}.
  revocations let-go --id <id> --reason <why>
                 Erases such tokens. The hub cannot end their grant afterwards.
  revocations retry --id <id> --reason <why>
                 Tries once more to revoke them. Other connections to the account may end with them.
  ledger verify [--checkpoint <file> …]
                 Checks every seal and every row of the ledger, and the checkpoints that you kept
                 elsewhere. Prints the result as one line of JSON. Status 1 if the ledger is broken.
  ledger checkpoint
                 Prints a signed note of the ledger's newest seal. Keep it elsewhere.
  ledger keys    Prints the public halves of the ledger's keys, one line of JSON each.
  ledger prune   Drops the months that LEDGER_RETENTION_MONTHS no longer keeps, as the role of
                 MIGRATE_DATABASE_URL where there is one.
  migrate        Brings the PostgreSQL database to this build's schema, as the role of
                 MIGRATE_DATABASE_URL, and gives DATABASE_URL's role its rights.
  help           Prints this.

With DATABASE_URL it works on that server. Without, it asks the running process over a
socket in DATA_DIR, or opens the data folder itself if no process runs.
`;

/** Faulty arguments; the message names the fault. */
/** The lines of the usage for commands that begin with this word; all of it where there are none. */
export function usageOf(word: string | undefined): string {
  const [head, ...commands] = usage.split(/\n(?= {2}\S)/);
  const of = commands.filter((command) => command.trimStart().split(' ', 1)[0] === word);
  if (of.length === 0) return usage;
  return `${head}\n${of.map((command) => command.split('\n\n', 1)[0]).join('\n')}\n\nAll commands: grantkeep help`;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Invocation =
  | { kind: 'help' }
  | { kind: 'migrate' }
  | { kind: 'import'; file: string; names: string[]; json: boolean }
  | { kind: 'command'; command: Command };

function isScope(text: string): text is ApiKeyScope {
  return apiKeyScopes.some((scope) => scope === text);
}

function parse<const O extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(args: string[], options: O) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'The arguments cannot be read.', { cause: error });
  }
}

function createKey(args: string[]): Command {
  const values = parse(args, {
    name: { type: 'string' },
    scope: { type: 'string', multiple: true },
    provider: { type: 'string', multiple: true },
    'expires-in-days': { type: 'string' },
    from: { type: 'string', multiple: true },
    elsewhere: { type: 'string' },
  });
  const { name, scope: scopes = [], provider: providers = null, 'expires-in-days': days } = values;
  if (!name?.trim()) throw new UsageError('--name is required.');
  if (scopes.length === 0) throw new UsageError('--scope is required.');
  const unknown = scopes.find((scope) => !isScope(scope));
  if (unknown !== undefined) throw new UsageError(`There is no scope ${unknown}.`);
  const expiresInDays = days === undefined ? null : Number(days);
  if (expiresInDays !== null && !(expiresInDays > 0 && expiresInDays <= 36_500)) {
    throw new UsageError('--expires-in-days must be a number of days above 0.');
  }
  return {
    command: 'api-key create',
    name,
    scopes: scopes.filter(isScope),
    providers,
    expiresInDays,
    ...addresses(values),
  };
}

function addresses({ from, elsewhere }: { from?: string[] | undefined; elsewhere?: string | undefined }) {
  if (elsewhere !== undefined && !from) throw new UsageError('--elsewhere goes with --from.');
  if (elsewhere !== undefined && elsewhere !== 'deny' && elsewhere !== 'alert') {
    throw new UsageError('--elsewhere is deny or alert.');
  }
  return { ipRanges: from ?? null, ipRule: elsewhere ?? 'deny' } as const;
}

function keyAddresses(args: string[]): Command {
  const { id, anywhere, ...values } = parse(args, {
    id: { type: 'string' },
    from: { type: 'string', multiple: true },
    elsewhere: { type: 'string' },
    anywhere: { type: 'boolean' },
  });
  if (!id) throw new UsageError('--id is required.');
  if ((values.from === undefined) === (anywhere === undefined)) throw new UsageError('Give --from or --anywhere.');
  return { command: 'api-key addresses', id, ...addresses(values) };
}

function freeze(command: 'freeze' | 'thaw', args: string[]): Command {
  const { reason, all, ...named } = parse(args, {
    reason: { type: 'string' },
    all: { type: 'boolean' },
    provider: { type: 'string' },
    person: { type: 'string' },
    connection: { type: 'string' },
    'api-key': { type: 'string' },
  });
  const what = [
    ...(all ? [{ scope: 'everything', target: '' } as const] : []),
    ...(['provider', 'person', 'connection', 'api-key'] as const).flatMap((option) => {
      const target = named[option];
      return target === undefined ? [] : [{ scope: option === 'api-key' ? 'api_key' : option, target } as const];
    }),
  ];
  const [only] = what;
  // Two at once would be one freeze less than was meant, whichever is left out.
  if (!only || what.length > 1 || (only.scope !== 'everything' && only.target === '')) {
    throw new UsageError('Give one of --all, --provider, --person, --connection and --api-key.');
  }
  if (!reason?.trim()) throw new UsageError('--reason is required.');
  return { command, ...only, reason };
}

function person(values: { person?: string | undefined }): string {
  const named = values.person?.trim();
  if (!named) throw new UsageError('--person is required: an id (per_…) or an e-mail address.');
  return named;
}

function sessionsCommand(second: string | undefined, rest: string[]): Command {
  if (second !== 'end') throw new UsageError(`There is no command sessions ${second ?? ''}`.trimEnd());
  const values = parse(rest, { person: { type: 'string' }, all: { type: 'boolean' } });
  if ((values.person === undefined) === (values.all === undefined)) throw new UsageError('Give --person or --all.');
  return { command: 'sessions end', person: values.all ? null : person(values) };
}

function peopleCommand(second: string | undefined, rest: string[]): Command {
  if (second !== 'disable' && second !== 'enable') {
    throw new UsageError(`There is no command people ${second ?? ''}`.trimEnd());
  }
  const { reason, ...values } = parse(rest, {
    person: { type: 'string' },
    reason: { type: 'string' },
    ...(second === 'disable' ? ({ 'dangerously-last-administrator': { type: 'boolean' } } as const) : {}),
  });
  const who = person(values);
  if (!reason?.trim()) throw new UsageError('--reason is required.');
  if (second === 'enable') return { command: 'people enable', person: who, reason };
  const lastAdministrator = 'dangerously-last-administrator' in values;
  return { command: 'people disable', person: who, reason, lastAdministrator };
}

/** `name=value`, for a part of the provider's addresses. */
function readParts(parts: readonly string[]): Record<string, string> {
  const pairs = parts.map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError('--part is a name and a value, as shop=acme.');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

function providerCommand([second, provider, ...rest]: readonly string[]): Command {
  if (second !== 'check') throw new UsageError(`There is no command provider ${second ?? ''}`.trimEnd());
  if (!provider || provider.startsWith('-')) throw new UsageError('Give the id of a provider.');
  const { part = [], json = false } = parse([...rest], {
    part: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  });
  return { command: 'provider check', provider, accountParams: readParts(part), json };
}

function providerImportArguments(args: readonly string[]): Invocation {
  const words = args.filter((word) => word === '-' || !word.startsWith('-'));
  const [file, ...names] = words;
  if (file === undefined) throw new UsageError('Give the file of the registry.');
  const { json = false } = parse(
    args.filter((word) => !words.includes(word)),
    { json: { type: 'boolean' } },
  );
  return { kind: 'import', file, names, json };
}

function revocationsCommand(second: string | undefined, rest: string[]): Command {
  if (second === 'held') {
    parse(rest, {});
    return { command: 'revocations held' };
  }
  if (second !== 'let-go' && second !== 'retry') {
    throw new UsageError(`There is no command revocations ${second ?? ''}`.trimEnd());
  }
  const { id, reason } = parse(rest, { id: { type: 'string' }, reason: { type: 'string' } });
  if (!id) throw new UsageError('--id is required, as revocations held prints it.');
  if (!reason?.trim()) throw new UsageError('--reason is required.');
  return { command: `revocations ${second}`, id, reason };
}

function readCheckpoint(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`The checkpoint ${path} cannot be read.`, { cause });
  }
}

function ledgerCommand(second: string | undefined, rest: string[]): Command {
  switch (second) {
    case 'verify': {
      const { checkpoint: paths = [] } = parse(rest, { checkpoint: { type: 'string', multiple: true } });
      return { command: 'ledger verify', checkpoints: paths.map(readCheckpoint) };
    }
    case 'checkpoint':
    case 'keys':
    case 'prune':
      parse(rest, {});
      return { command: `ledger ${second}` };
    default:
      throw new UsageError(`There is no command ledger ${second ?? ''}`.trimEnd());
  }
}

/**
 * The command that the arguments ask for.
 * @throws UsageError
 */
export function parseArguments(args: readonly string[]): Invocation {
  const [first, second] = args;
  if (first === undefined || ['help', '--help', '-h'].includes(first)) return { kind: 'help' };
  if (first === 'migrate') {
    parse(args.slice(1), {});
    return { kind: 'migrate' };
  }
  if (first === 'freeze' || first === 'thaw') return { kind: 'command', command: freeze(first, args.slice(1)) };
  if (first === 'freezes') {
    parse(args.slice(1), {});
    return { kind: 'command', command: { command: 'freezes' } };
  }
  if (first === 'sessions') return { kind: 'command', command: sessionsCommand(second, args.slice(2)) };
  if (first === 'people') return { kind: 'command', command: peopleCommand(second, args.slice(2)) };
  if (first === 'resume') {
    const { provider, reason } = parse(args.slice(1), { provider: { type: 'string' }, reason: { type: 'string' } });
    if (!provider) throw new UsageError('--provider is required.');
    if (!reason?.trim()) throw new UsageError('--reason is required.');
    return { kind: 'command', command: { command: 'resume', provider, reason } };
  }
  if (first === 'provider' && second === 'import') return providerImportArguments(args.slice(2));
  if (first === 'provider') return { kind: 'command', command: providerCommand(args.slice(1)) };
  if (first === 'revocations') return { kind: 'command', command: revocationsCommand(second, args.slice(2)) };
  if (first === 'ledger') return { kind: 'command', command: ledgerCommand(second, args.slice(2)) };
  if (first !== 'api-key') throw new UsageError(`There is no command ${first}.`);
  const rest = args.slice(2);
  switch (second) {
    case 'create':
      return { kind: 'command', command: createKey(rest) };
    case 'addresses':
      return { kind: 'command', command: keyAddresses(rest) };
    case 'list':
      parse(rest, {});
      return { kind: 'command', command: { command: 'api-key list' } };
    case 'revoke': {
      const { id } = parse(rest, { id: { type: 'string' } });
      if (!id) throw new UsageError('--id is required.');
      return { kind: 'command', command: { command: 'api-key revoke', id } };
    }
    default:
      throw new UsageError(`There is no command api-key ${second ?? ''}`.trimEnd());
  }
}
