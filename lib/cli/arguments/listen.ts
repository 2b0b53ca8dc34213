import type { Command as Parser } from '@commander-js/extra-typings';
import { type Invocation, required, UsageError, withHelp } from '#lib/cli/invocation';
import { isLoopbackHost } from '#lib/config/address-class';
import { callersFile } from '#lib/config/callers-file';
import { type ConnectionType, connectionTypes } from '#lib/db/schema/webhook-types';

function type(text: string, before: ConnectionType[] | undefined): ConnectionType[] {
  const known = connectionTypes.find((candidate) => candidate === text);
  if (!known) throw new UsageError(`There is no type ${text} here. There are ${connectionTypes.join(', ')}.`);
  return [...(before ?? []), known];
}

/**
 * The address of a receiver on this machine. Elsewhere the hub itself sends, signed with a secret that it keeps.
 * @throws UsageError
 */
function ownAddress(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UsageError('--to is an address such as http://localhost:3000/hooks.');
  if (!isLoopbackHost(url))
    throw new UsageError('--to is on this machine: localhost, 127.0.0.1 or [::1]. Add other addresses by webhook add.');
  if (url.username || url.password) throw new UsageError('--to has no credentials.');
  return url;
}

/** `listen` */
export function listenCommand(program: Parser, take: (invocation: Invocation) => void): void {
  withHelp(program.command('listen'), {
    does: 'Forwards events of the hub to a port of this machine, signed as webhooks are.',
    more: 'It asks the API of the hub with the key in GRANTKEEP_KEY, which needs connections:read and sees its own people. It prints the signing secret, then a line of JSON for each event.',
    usage: '--to <url> [options]',
    example: 'listen --to http://localhost:3000/hooks --type connection.created',
  })
    .option('--to <url>', 'The address of your receiver on this machine.')
    .option('--hub <url>', 'The hub; HUB_URL, or APP_URL, unless set.')
    .option('--type <type>', 'A type of message; all about connections unless set. May be repeated.', type)
    .option('--state <file>', 'Keeps the place and the secret, so that the next run loses nothing.')
    .action(({ to, hub, type: types, state }) =>
      take({
        kind: 'listen',
        options: {
          to: ownAddress(required(to, '--to')),
          hub,
          types: types ?? null,
          state: state && callersFile(state),
        },
      }),
    );
}
