import { createHmac, randomInt } from 'node:crypto';
import { configurationKey } from '#lib/config/configuration-key';
import type { Runtime } from '#lib/context';

/** How long a link may be followed, and how long a received grant waits to be completed, in seconds. */
export const connectSessionSeconds = 600;

/** The page of a session's link. In the query, since logs have paths. */
export const connectSessionPage = (token: string): string => `/connect-session?${new URLSearchParams({ token })}`;

/** Opens the page that shows a person their connections, once, in the browser that follows the link. */
export const manageLink = (token: string): string => `/connect-session/open?${new URLSearchParams({ token })}`;
/** That page. It shows nothing to a browser that did not open the link. */
export const managePage = (id: string, connectionId?: string): string =>
  `/connect-session/manage/${encodeURIComponent(id)}${connectionId ? `/${encodeURIComponent(connectionId)}` : ''}`;

/** Where people type the code that a device shows. */
export const devicePage = '/device';
/** Where the browser of such a session ends: the device is told, not the browser. */
export const deviceDonePage = '/connect-session/done';

/** Consonants without Y, so that no code is a word (RFC 8628 §6.1). */
const userCodeLetters = 'BCDFGHJKLMNPQRSTVWXZ';
const userCodeLength = 8;

/** A code of 34 random bits, for a person to type: `WDJB-MJHT`. */
export function newUserCode(): string {
  const letters = Array.from({ length: userCodeLength }, () => userCodeLetters[randomInt(userCodeLetters.length)]);
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}

/**
 * The keyed hash of a typed code, in any case of letters, with or without spaces and dashes; null for other text. A code has
 * 34 bits: a reader of the database would find it within its ten minutes by trying, did the hash not need a key of the hub.
 */
export function userCodeHashOf({ config }: Pick<Runtime, 'config'>, typed: string): string | null {
  const letters = typed.toUpperCase().replaceAll(/[\s\-\u2010-\u2015]/g, '');
  return letters.length === userCodeLength && [...letters].every((one) => userCodeLetters.includes(one))
    ? createHmac('sha256', configurationKey(config)).update(`user code ${letters}`).digest('base64url')
    : null;
}
