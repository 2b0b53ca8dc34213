import type { Config } from '#lib/config/config';
import { whyReconnect } from '#lib/connections/reconnect-words';
import type { ledger } from '#lib/db/schema/ledger';
import type { PersonMailEvent } from '#lib/db/schema/person-mails';

type Entry = Pick<typeof ledger.$inferSelect, 'action' | 'code' | 'actorType' | 'actorId' | 'personId' | 'details'>;

/** Of which event a person is told, and which of its sentences says it. */
export interface PersonNews {
  event: PersonMailEvent;
  reason: string;
}

/** The reasons that the hub itself gives where it ends the connections of a person, and ours for them. */
const endings = new Map<unknown, string>([
  ['person disabled', 'access_ended'],
  ['person deleted', 'access_ended'],
  ['person inactive', 'inactive'],
]);

function whyDisconnected({ actorType, details }: Entry): string {
  if (typeof details.bulk === 'string') return 'many_at_once';
  const ending = endings.get(details.reason);
  if (ending) return ending;
  return actorType === 'person' ? 'administrator' : actorType === 'api_key' ? 'service' : 'operator';
}

/**
 * What an entry of the ledger is to the person of its connection; null where it is no news, as their own disconnecting is.
 * Reconnecting and imports are none: the first is theirs, the second is announced by the operator.
 */
export function newsOf(entry: Entry): PersonNews | null {
  switch (entry.action) {
    case 'connection.created':
      return { event: 'connected', reason: 'connected' };
    case 'connection.needs_reconnect':
      return { event: 'needs_reconnect', reason: entry.code ?? 'unknown' };
    case 'connection.revoked':
      if (entry.actorType === 'person' && entry.actorId === entry.personId) return null;
      return { event: 'disconnected', reason: whyDisconnected(entry) };
    default:
      return null;
  }
}

/** The reason of a mail that an administrator asked for. The code of the connection stands behind it. */
export const askedPrefix = 'asked:';

const disconnected = new Map([
  ['administrator', 'An administrator disconnected this account.'],
  ['service', 'A service that manages connections disconnected this account.'],
  ['many_at_once', 'An administrator disconnected many accounts at once. This account is one of them.'],
  ['access_ended', 'An administrator ended your access here. This account was disconnected with it.'],
  [
    'inactive',
    'An administrator disconnected this account because neither you nor a service had used it for a long time.',
  ],
  ['operator', 'The operator disconnected this account.'],
]);

/** What a person is told, with what to do now. Plain words, and no secret. */
export function newsSentence({ event, reason }: PersonNews, provider: string, contact: string | null): string {
  const ask = contact ? `ask ${contact}` : 'ask your administrator';
  switch (event) {
    case 'connected':
      return `This account was connected. If it was not you, disconnect it on its page and ${ask}.`;
    case 'disconnected': {
      const what = disconnected.get(reason) ?? 'This account was disconnected.';
      const then = reason === 'access_ended' ? '' : ' You can connect it again on its page.';
      return `${what} No service can use it any more.${then} If you have questions, ${ask}.`;
    }
    case 'incident':
      return `Somebody may have used the access to this account without permission. An administrator looks into it. Look for changes at ${provider} that you did not make. Its page here shows which services used it, and ends the access. If you have questions, ${ask}.`;
    case 'needs_reconnect': {
      const asked = reason.startsWith(askedPrefix);
      const why = whyReconnect(asked ? reason.slice(askedPrefix.length) : reason, provider);
      return `${asked ? 'An administrator asks you to reconnect this account. ' : ''}${why} Services cannot use it until you reconnect it on its page.`;
    }
  }
}

/** Who writes: the organisation of the configuration, else the address of the pages. */
export const senderName = ({ organisation, appUrl }: Config): string => organisation?.name ?? appUrl.host;
