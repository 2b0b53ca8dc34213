import { OAuthError } from '#lib/oauth/oauth-error';
import type { OAuthProvider } from '#lib/oauth/types';
import { once } from '#lib/registry';

/** How client id and secret are written into HTTP Basic: form-encoded (RFC 6749 §2.3.1), or as they are (RFC 7617). */
export type BasicEncoding = OAuthProvider['basic_encoding'];

const other: Record<BasicEncoding, BasicEncoding> = { form: 'raw', raw: 'form' };

/**
 * Text as the WHATWG form serialiser writes it. It leaves letters, digits and `* - . _` alone, so a server that does not
 * decode reads most ids and secrets correctly too.
 */
const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

/** The client's secret. @throws OAuthError `invalid_client` where the record has none */
export function clientSecretOf(provider: OAuthProvider): string {
  if (!provider.client_secret) throw new OAuthError('invalid_client', { detail: 'client_secret' });
  return provider.client_secret.reveal();
}

/** Characters from which on a header of the record may be a key; shorter ones are versions and words. */
const shortestKey = 8;

/**
 * Secrets that a request of this client may carry in a header, where some servers read them and repeat them in their
 * words.
 */
export const secretsOfClient = ({ client_secret, token_headers }: OAuthProvider): string[] => [
  ...(client_secret ? [client_secret.reveal()] : []),
  ...Object.values(token_headers)
    .map((header) => header.reveal())
    .filter(({ length }) => length >= shortestKey),
];

/** The `Authorization` header of HTTP Basic in the given encoding. */
export function basicHeader(provider: OAuthProvider, encoding: BasicEncoding): string {
  const encode = encoding === 'form' ? formEncoded : (text: string) => text;
  const secret = encode(clientSecretOf(provider));
  const credentials =
    provider.basic_user === 'client_secret' ? `${secret}:` : `${encode(provider.client_id)}:${secret}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

type Listener = (provider: OAuthProvider, encoding: BasicEncoding) => void;

const learnt = () => once('oauth.basic-encodings', () => new Map<string, BasicEncoding>());
const listeners = () => once('oauth.basic-encoding-listeners', () => new Set<Listener>());
const nameOf = ({ id, issuer, client_id }: OAuthProvider) => JSON.stringify([id, issuer, client_id]);

/** The encoding that worked although the record says the other one; undefined where none was learnt. */
export const learntEncoding = (provider: OAuthProvider): BasicEncoding | undefined => learnt().get(nameOf(provider));

/** The encoding to use now: a learnt one before the record's. */
export const currentEncoding = (provider: OAuthProvider): BasicEncoding =>
  learntEncoding(provider) ?? provider.basic_encoding;

/** Takes over what another process or an earlier one learnt; undefined where they learnt nothing. */
export function recallEncoding(provider: OAuthProvider, encoding: BasicEncoding | undefined): void {
  if (!encoding || encoding === provider.basic_encoding) learnt().delete(nameOf(provider));
  else learnt().set(nameOf(provider), encoding);
}

/** Remembers in this process that the server reads this encoding, and tells the listeners, which keep it. */
export function learnEncoding(provider: OAuthProvider, encoding: BasicEncoding): void {
  recallEncoding(provider, encoding);
  for (const listener of listeners()) listener(provider, encoding);
}

/** Calls the listener whenever an encoding is learnt, from whichever bundle. Returns what ends that. */
export function onLearntEncoding(listener: Listener): () => void {
  listeners().add(listener);
  return () => void listeners().delete(listener);
}

/**
 * The other encoding's header where a request with this header was refused; null where the header is not Basic of this
 * client, or where both encodings write the same text.
 */
export function otherBasic(
  provider: OAuthProvider,
  header: string | null,
): { header: string; encoding: BasicEncoding } | null {
  if (!header?.startsWith('Basic ') || !provider.client_secret) return null;
  const used = (['form', 'raw'] as const).find((encoding) => basicHeader(provider, encoding) === header);
  if (!used) return null;
  const encoding = other[used];
  const second = basicHeader(provider, encoding);
  return second === header ? null : { header: second, encoding };
}
