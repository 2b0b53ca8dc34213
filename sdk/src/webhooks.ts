import { createHmac, timingSafeEqual } from 'node:crypto';
import { GrantkeepError } from './errors.ts';

/** A message of the hub. Its `data` depends on the type; docs/webhooks.md lists both. */
export interface WebhookMessage {
  /** The same at every attempt: take a message once. */
  id: string;
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

export interface VerifyOptions {
  /** The secret that the hub showed, `whsec_…`; both, the old and the new one, while you change over. */
  secret: string | readonly string[];
  /** How many seconds the message may be old, or ahead; 300 unless told. */
  toleranceSeconds?: number;
}

type HeaderSource = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const refuse = (why: string) => new GrantkeepError('invalid_webhook', why);

/** One header, once, from the web's `Headers` or from Node's object of headers. */
function headerOf(headers: HeaderSource, name: string): string {
  const value =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([own]) => own.toLowerCase() === name)?.[1];
  if (typeof value !== 'string' || value === '') throw refuse(`The message has no ${name}.`);
  return value;
}

/** @throws TypeError for a secret that is none: an empty one would let everybody sign */
function keyOf(secret: string): Buffer {
  const base64 = /^whsec_([A-Za-z0-9+/]{32,}={0,2})$/.exec(secret)?.[1];
  if (base64 === undefined) throw new TypeError('A webhook secret looks like whsec_….');
  return Buffer.from(base64, 'base64');
}

/** The signatures of version 1, as bytes (Standard Webhooks). */
function signaturesOf(header: string): Buffer[] {
  return header
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .map((one) => Buffer.from(one.slice(3), 'base64'));
}

/**
 * Verifies a message of the hub, and reads it. `body` is the text, or the bytes, as they came.
 * @throws GrantkeepError `invalid_webhook` for a message that the hub did not sign with the secret, or that is too old
 */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: HeaderSource,
  options: VerifyOptions,
): WebhookMessage {
  const { secret, toleranceSeconds = 300 } = options;
  const secrets = typeof secret === 'string' ? [secret] : secret;
  if (secrets.length === 0) throw new TypeError('secret is missing.');
  const keys = secrets.map(keyOf);
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const given = signaturesOf(headerOf(headers, 'webhook-signature'));
  if (!/^\d{1,12}$/.test(timestamp)) throw refuse('The time of the message is not a number.');
  const isRecent = Math.abs(Date.now() / 1000 - Number(timestamp)) <= toleranceSeconds;
  if (!isRecent) throw refuse('The message is too old, or is from the future.');
  const isSigned = keys.some((key) => {
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
  if (!isSigned) throw refuse('The message is not signed with this secret.');
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  return { ...(JSON.parse(text) as Omit<WebhookMessage, 'id'>), id };
}
