import { hostWithPort, isLoopbackHost, listedHostname } from '#lib/config/address-class';
import { looksLikeToken } from '#lib/config/secret-field';
import { OAuthError } from '#lib/oauth/oauth-error';
import { isStorable, parseScopes } from '#lib/oauth/parse-scopes';
import { valueAt } from '#lib/oauth/provider-call';
import type { Grant } from '#lib/oauth/token-error';
import { lifetimeIn } from '#lib/oauth/token-lifetime';
import type { Extras, LifetimeRule, OAuthProvider, ReceivedTokens, TokenSet } from '#lib/oauth/types';

/** A token answer brought into one shape; the ID token is still unchecked. */
export type NormalisedAnswer = Omit<TokenSet, 'id_token_claims'> & { id_token: string | null };

const invalid = (detail: string) => new OAuthError('token_answer_invalid', { detail });

/** Words that some servers write where they have no token. */
const isAbsent = (value: unknown): boolean => value === 'null' || value === 'undefined';

/** A token as it may stand in a header (RFC 6750 §2.1 is narrower; real tokens are not); null when absent, empty or false. */
function tokenText(value: unknown, name: string): string | null {
  if (value === undefined || value === null || value === false) return null;
  if (value === '' || isAbsent(value)) return null;
  if (typeof value !== 'string' || value.length > 65_536 || !/^[\x21-\x7e]+$/.test(value)) throw invalid(name);
  return value;
}

/** Token types that cannot be shown as a bearer token, whatever a record says (RFC 6749 §7.1, RFC 9449 §5). */
export const neverBearer: ReadonlySet<string> = new Set(['mac', 'dpop', 'pop', 'n_a']);

/** `bearer`, where the answer's word for the type means that. Case and white space never matter (RFC 6749 §5.1). */
function tokenType(provider: OAuthProvider, value: unknown, grant: Grant): string {
  if (value === undefined || value === null || value === '') return 'bearer';
  const type = typeof value === 'string' ? value.trim().toLowerCase() : '';
  const named = type === 'bearer' || provider.bearer_token_types.some((word) => word.toLowerCase() === type);
  // A nested token (Slack's `authed_user`) is described by its owner, not by its use.
  const nested = provider.token_path.length > 0 && ['user', 'bot'].includes(type);
  // A refresh may have spent the only token there was, and its connection's tokens are bearer tokens.
  const renewed = grant === 'refresh_token';
  if ((named || nested || renewed) && !neverBearer.has(type)) return 'bearer';
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
export function isAllowed(provider: OAuthProvider, name: string, value: unknown): boolean {
  const suffixes = provider.url_field_hosts[name];
  if (!suffixes) return true;
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (!url || url.username || url.password || !namesItsHost(String(value), url)) return false;
  const host = listedHostname(url);
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
  tokens: readonly (string | null)[] = [],
): Extras {
  const extras: Extras = {};
  for (const path of paths) {
    const value = valueAt(source, path);
    if (value === undefined || value === null) continue;
    const allowed = isAllowed(provider, path, value);
    if (!allowed && badUrls === 'refuse') throw invalid(path);
    // Whatever a field is called, a token in it is no extra: keys that may only read see those.
    if (allowed && isPlain(value) && !looksLikeToken(value, tokens)) extras[path] = value;
  }
  return extras;
}

/** RFC 6749 §A.12, A.17: a token is visible ASCII and spaces. */
const isToken = (value: unknown): value is string =>
  typeof value === 'string' &&
  !isAbsent(value) &&
  value.length <= 65_536 &&
  /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(value);

/** A token's name in the RFC, and as servers in Java, JavaScript and .NET write it. */
const tokenNames = {
  access: ['access_token', 'accessToken', 'AccessToken'],
  refresh: ['refresh_token', 'refreshToken', 'RefreshToken'],
} as const;

/** The values under these names, however their words are joined: `access-token`, `ACCESS_TOKEN`. */
function spelledAlike(source: object, names: readonly string[]): unknown[] {
  const bare = (name: string) => name.replace(/[-_ ]/g, '').toLowerCase();
  const wanted = new Set(names.map(bare));
  return Object.entries(source).flatMap(([name, value]) => (wanted.has(bare(name)) ? [value] : []));
}

/** How deep a token may lie that the record does not look for. */
const deepest = 6;

/** Objects of an answer, the outer before the inner. */
function* objectsIn(value: unknown, depth = 0): Generator<object> {
  if (typeof value !== 'object' || value === null || depth > deepest) return;
  yield value;
  for (const inner of Object.values(value)) yield* objectsIn(inner, depth + 1);
}

/**
 * The tokens of an answer, however odd the rest of it is: where the record looks for them, else wherever else they lie,
 * since a token that the record does not find was issued all the same. Null where there are none.
 */
export function receivedTokens(
  provider: OAuthProvider,
  body: Record<string, unknown>,
  answeredAt: number,
): ReceivedTokens | null {
  const first = (...values: unknown[]) => values.find(isToken) ?? null;
  const among = (sources: readonly unknown[], names: readonly string[]) =>
    sources.flatMap((source) => names.map((name) => valueAt(source, name)));
  const besides = provider.token_path.map((path) => valueAt(body, path.slice(0, Math.max(0, path.lastIndexOf('.')))));
  const sources = [...besides, body];
  const places = provider.token_path.map((path) => valueAt(body, path));
  const known = first(...places, ...among(sources, tokenNames.access));
  const elsewhere = known === null ? [...objectsIn(body)] : [];
  const lying = (names: readonly string[]) => elsewhere.flatMap((object) => spelledAlike(object, names));
  const accessToken = known ?? first(...lying(tokenNames.access));
  const refreshToken = first(...among(sources, tokenNames.refresh), ...lying(tokenNames.refresh));
  if (accessToken === null && refreshToken === null) return null;
  const lives = sources.map((source) => lifetimeIn(source, 'access_token', provider.access_token_life, answeredAt));
  return { accessToken, refreshToken, expiresIn: lives.find((life) => life !== null) ?? null };
}

/** What the caller needs of an answer. */
export interface AnswerTo {
  grant: Grant;
  /** Where none is expected, whatever stands in its place is not looked at. */
  expectIdToken: boolean;
  /** Seconds since 1970 when the answer was sent. */
  answeredAt: number;
}

/** The access token at the first of the record's places that holds one, and what stands beside it. */
function findToken(provider: OAuthProvider, body: Record<string, unknown>): [token: string, beside: unknown] {
  // Some servers nest the token when a code is exchanged, and answer it flat when it is refreshed.
  for (const path of [...provider.token_path, ...tokenNames.access]) {
    const token = tokenText(valueAt(body, path), 'access_token');
    if (token === null) continue;
    const parent = path.includes('.') ? valueAt(body, path.slice(0, path.lastIndexOf('.'))) : body;
    return [token, parent];
  }
  throw invalid('access_token');
}

/** The refresh token beside an access token. Of a refresh, one that no request can carry counts as none: the old one stays. */
function refreshTokenOf(beside: unknown, grant: Grant): string | null {
  const value = tokenNames.refresh
    .map((name) => valueAt(beside, name))
    .find((one) => one !== undefined && one !== null);
  if (grant === 'refresh_token' && !isToken(value)) return null;
  return tokenText(value, 'refresh_token');
}

const typeBeside = (beside: unknown): unknown =>
  ['token_type', 'tokenType', 'TokenType'].map((name) => valueAt(beside, name)).find((value) => value !== undefined);

function scopesOf(provider: OAuthProvider, source: unknown): string[] | null {
  if (provider.scope_source === 'redirect') return null;
  const names = provider.scope_field === null ? ['scope', 'scopes', 'Scope'] : [provider.scope_field];
  const named = names.map((name) => valueAt(source, name)).filter((value) => value !== undefined && value !== null);
  const found = named.find((value) => value !== '') ?? named[0];
  // A value without a readable scope is no list of requested scopes.
  return found === undefined ? null : (parseScopes(found, provider.scope_sep_in) ?? []);
}

/**
 * Brings a successful token answer into one shape, following the record. A refresh may have spent the only token there
 * was, so what stands beside its tokens cannot cost them: an address that is not the provider's is left out of it.
 */
export function normaliseTokenAnswer(
  provider: OAuthProvider,
  body: Record<string, unknown>,
  { grant, expectIdToken, answeredAt }: AnswerTo,
): NormalisedAnswer {
  const [token, beside] = findToken(provider, body);
  const refreshToken = refreshTokenOf(beside, grant);
  // The path of a record may also be one of the whole answer; the known names count beside the token only.
  const lifeOf = (kind: 'access_token' | 'refresh_token', rule: LifetimeRule | null) =>
    lifetimeIn(beside, kind, rule, answeredAt) ?? (rule ? lifetimeIn(body, kind, rule, answeredAt) : null);
  return {
    access_token: token,
    token_type: tokenType(provider, typeBeside(beside), grant),
    expires_in: lifeOf('access_token', provider.access_token_life),
    refresh_token: refreshToken,
    refresh_token_expires_in: lifeOf('refresh_token', provider.refresh_token_life),
    scopes: scopesOf(provider, beside),
    id_token: expectIdToken ? tokenText(body.id_token, 'id_token') : null,
    extras: pickExtras(provider, body, provider.response_fields, grant === 'refresh_token' ? 'drop' : 'refuse', [
      token,
      refreshToken,
      typeof body.id_token === 'string' ? body.id_token : null,
    ]),
    ...(provider.identity.source === 'token_answer' && grant === 'authorization_code' ? { answer: body } : {}),
  };
}
