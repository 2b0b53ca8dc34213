import { OAuthError } from '#lib/oauth/oauth-error';
import type { OAuthProvider } from '#lib/oauth/types';
import { once } from '#lib/process-parts';

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

/** The values of a record's headers that came from variables, and of all that go to the token endpoint. */
export const secretsOfHeaders = ({
  token_headers,
  ...calls
}: Pick<OAuthProvider, 'token_headers' | 'identity' | 'lookups' | 'revoke'>): string[] =>
  [token_headers, calls.identity.headers, ...calls.lookups.map(({ headers }) => headers), calls.revoke.headers]
    .flatMap((headers) => Object.values(headers))
    .flatMap((value) => (typeof value === 'string' ? [] : [value.reveal()]));

/**
 * Secrets that a request of this client may carry in a header, where some servers read them and repeat them in their
 * words.
 */
export const secretsOfClient = (provider: OAuthProvider): string[] => [
  ...[provider.client_secret, provider.client_secret_previous].flatMap((secret) => (secret ? [secret.reveal()] : [])),
  ...secretsOfHeaders(provider).filter(({ length }) => length >= shortestKey),
];

/** The `Authorization` header of HTTP Basic in the given encoding. */
export function basicHeader(provider: OAuthProvider, encoding: BasicEncoding): string {
  const encode = encoding === 'form' ? formEncoded : (text: string) => text;
  const secret = encode(clientSecretOf(provider));
  const credentials =
    provider.basic_user === 'client_secret' ? `${secret}:` : `${encode(provider.client_id)}:${secret}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

type Listener = (provider: OAuthProvider, host: string, encoding: BasicEncoding) => void;
/** Encodings by the host, with its port, of the endpoint that reads them: a record may stand for any number of servers. */
export type EncodingsByHost = ReadonlyMap<string, BasicEncoding>;

/** Hosts of one record that are remembered; the first to be learnt goes. One that is forgotten costs one more request. */
export const mostHosts = 200;

const none: EncodingsByHost = new Map();
const learnt = () => once('oauth.basic-encodings', () => new Map<string, Map<string, BasicEncoding>>());
const listeners = () => once('oauth.basic-encoding-listeners', () => new Set<Listener>());
const nameOf = ({ id, issuer, client_id }: OAuthProvider) => JSON.stringify([id, issuer, client_id]);

/** The encodings that worked although the record says the other one. */
export const learntEncodings = (provider: OAuthProvider): EncodingsByHost => learnt().get(nameOf(provider)) ?? none;

/** The encoding to use at a host now: a learnt one before the record's. */
const currentEncoding = (provider: OAuthProvider, host: string): BasicEncoding =>
  learntEncodings(provider).get(host) ?? provider.basic_encoding;

/** Takes over what another process or an earlier one learnt, in place of what this one knows. */
export function recallEncodings(provider: OAuthProvider, known: EncodingsByHost): void {
  const others = [...known].filter(([, encoding]) => encoding !== provider.basic_encoding);
  if (others.length === 0) learnt().delete(nameOf(provider));
  else learnt().set(nameOf(provider), new Map(others));
}

/** Remembers in this process that a host reads this encoding, and tells the listeners, which keep it. */
export function learnEncoding(provider: OAuthProvider, host: string, encoding: BasicEncoding): void {
  const known = new Map(learntEncodings(provider)).set(host, encoding);
  recallEncodings(provider, new Map([...known].slice(-mostHosts)));
  for (const listener of listeners()) listener(provider, host, encoding);
}

/** Calls the listener whenever an encoding is learnt, from whichever bundle. Returns what ends that. */
export function onLearntEncoding(listener: Listener): () => void {
  listeners().add(listener);
  return () => void listeners().delete(listener);
}

/** Whether a header is this client's own HTTP Basic, in either encoding. */
export const isBasicHeader = (provider: OAuthProvider, header: string | null): boolean =>
  provider.client_secret !== null &&
  (header === basicHeader(provider, 'form') || header === basicHeader(provider, 'raw'));

/** The encodings of HTTP Basic to try at a host: the one that it is known to read, and the other where that differs. */
export function encodingsToTry(provider: OAuthProvider, host: string): BasicEncoding[] {
  const known = currentEncoding(provider, host);
  return basicHeader(provider, 'form') === basicHeader(provider, 'raw') ? [known] : [known, other[known]];
}
