import { bareHostname, hostWithPort, isLoopbackHost } from '#lib/config/address-class';
import { OAuthError } from '#lib/oauth/oauth-error';
import { valueAt } from '#lib/oauth/provider-call';
import type { Grant } from '#lib/oauth/token-error';
import type { Extras, OAuthProvider, ReceivedTokens, TokenSet } from '#lib/oauth/types';

/** A token answer brought into one shape; the ID token is still unchecked. */
export type NormalisedAnswer = Omit<TokenSet, 'id_token_claims'> & { id_token: string | null };

/** Seconds; a token that is said to live longer lives so long. */
export const longestLife = 10 * 366 * 86_400;

const invalid = (detail: string) => new OAuthError('token_answer_invalid', { detail });

/** Seconds, from a number or digits in a string; null for anything else. */
function lifetime(value: unknown): number | null {
  const seconds = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return null;
  return Math.min(Math.floor(seconds), longestLife);
}

/** A token as it may stand in a header (RFC 6750 §2.1 is narrower; real tokens are not); null when absent or empty. */
function tokenText(value: unknown, name: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || value.length > 65_536 || !/^[\x21-\x7e]+$/.test(value)) throw invalid(name);
  return value;
}

/** Text that a database of UTF-8 can hold: no NUL, no half of a surrogate pair. */
const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');

/** Splits granted scopes, each once; null where the answer names none. What no text can hold is no scope. */
export function parseScopes(value: unknown, separator: ' ' | ',' | '+'): string[] | null {
  const parts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(separator) : null;
  if (!parts) return null;
  const words = parts.filter((part) => typeof part === 'string').map((part) => part.trim());
  return [...new Set(words.filter((word) => word !== '' && isStorable(word)))];
}

function tokenType(provider: OAuthProvider, value: unknown): string {
  if (value === undefined || value === null || value === '') return 'bearer';
  const type = typeof value === 'string' ? value.toLowerCase() : '';
  if (type === 'bearer') return type;
  // A nested token (Slack's `authed_user`) is described by whose it is, not by how it is used.
  if (provider.token_path && ['user', 'bot'].includes(type)) return 'bearer';
  throw invalid('token_type');
}

/**
 * True where the host stands in the text as it was read: services get the text, and other readers see another host in
 * `https://known.example\@other.example`.
 */
function namesItsHost(text: string, url: URL): boolean {
  const written = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1]?.toLowerCase();
  return written === url.host || written === hostWithPort(url);
}

/** A URL that later calls will carry the token to: only on the record's domains or a host the operator wrote. */
function isAllowed(provider: OAuthProvider, name: string, value: unknown): boolean {
  const suffixes = provider.url_field_hosts[name];
  if (!suffixes) return true;
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (!url || url.username || url.password || !namesItsHost(String(value), url)) return false;
  const host = bareHostname(url);
  const hostAndPort = hostWithPort(url);
  const written = provider.operator_hosts.includes(hostAndPort);
  const known = suffixes.some((entry) =>
    entry.startsWith('.') ? host.endsWith(entry) && url.port === '' : entry === host || entry === hostAndPort,
  );
  const plainAllowed = url.protocol === 'http:' && (written || known) && isLoopbackHost(url);
  return (written || known) && (url.protocol === 'https:' || plainAllowed);
}

const isPlain = (value: unknown): value is Extras[string] =>
  typeof value === 'string'
    ? value.length <= 2048 && isStorable(value)
    : typeof value === 'boolean' || Number.isFinite(value);

/** The named members of a source that are plain values. URL fields are checked against the record. */
export function pickExtras(
  provider: OAuthProvider,
  source: unknown,
  paths: readonly string[],
  badUrls: 'refuse' | 'drop' = 'refuse',
): Extras {
  const extras: Extras = {};
  for (const path of paths) {
    const value = valueAt(source, path);
    if (value === undefined || value === null) continue;
    const allowed = isAllowed(provider, path, value);
    if (!allowed && badUrls === 'refuse') throw invalid(path);
    if (allowed && isPlain(value)) extras[path] = value;
  }
  return extras;
}

/** RFC 6749 §A.12, A.17: a token is visible ASCII and spaces. */
const isToken = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 65_536 && /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(value);

/** The tokens of an answer, however odd the rest of it is; null where there are none. */
export function receivedTokens(provider: OAuthProvider, body: Record<string, unknown>): ReceivedTokens | null {
  const path = provider.token_path;
  const parent = path?.includes('.') ? valueAt(body, path.slice(0, path.lastIndexOf('.'))) : body;
  const source = typeof parent === 'object' && parent !== null ? (parent as Record<string, unknown>) : body;
  const first = (...values: unknown[]) => values.find(isToken) ?? null;
  const accessToken = first(path ? valueAt(body, path) : undefined, source.access_token, body.access_token);
  const refreshToken = first(source.refresh_token, body.refresh_token);
  if (accessToken === null && refreshToken === null) return null;
  return { accessToken, refreshToken, expiresIn: lifetime(source.expires_in) };
}

/** What is wanted of an answer. */
export interface AnswerTo {
  grant: Grant;
  /** Where none is expected, whatever stands in its place is not looked at. */
  expectIdToken: boolean;
}

/**
 * Brings a successful token answer into one shape, following the record. A refresh may have spent the only token there
 * was, so what stands beside its tokens cannot cost them: an address that is not the provider's is left out of it.
 */
export function normaliseTokenAnswer(
  provider: OAuthProvider,
  body: Record<string, unknown>,
  { grant, expectIdToken }: AnswerTo,
): NormalisedAnswer {
  const path = provider.token_path;
  const parent = path?.includes('.') ? valueAt(body, path.slice(0, path.lastIndexOf('.'))) : body;
  const token = tokenText(path ? valueAt(body, path) : body.access_token, 'access_token');
  if (!token) throw invalid('access_token');
  const source = typeof parent === 'object' && parent !== null ? (parent as Record<string, unknown>) : body;
  return {
    access_token: token,
    token_type: tokenType(provider, source.token_type),
    expires_in: lifetime(source.expires_in),
    refresh_token: tokenText(source.refresh_token, 'refresh_token'),
    refresh_token_expires_in: lifetime(source.refresh_token_expires_in),
    scopes: parseScopes(source.scope, provider.scope_sep_in),
    id_token: expectIdToken ? tokenText(body.id_token, 'id_token') : null,
    extras: pickExtras(provider, body, provider.response_fields, grant === 'refresh_token' ? 'drop' : 'refuse'),
  };
}
