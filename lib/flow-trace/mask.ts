import { looksSecret } from '#lib/config/secret-field';
import { scrub } from '#lib/log';
import { holdsSecret, isOpaque } from '#lib/oauth/secret-text';
import type { ProviderRecord } from '#lib/providers/record';

/** Shortest text of which a trace says nothing where a secret of the flow is in it. */
const shortestSecret = 4;
const longestShown = 300;
/** Characters that are looked at; no more than the first of them are shown. */
const longestRead = 4_000;
/** Of a list of scopes, which is longer than other texts. */
const longestScopes = 2_000;
const longestName = 80;
const mostFields = 120;
const deepest = 6;

/** Names of the protocol with values that are secret, or that tie a browser to a flow. */
const secretNames = new Set([
  ...['code', 'state', 'nonce', 'code_verifier', 'code_challenge', 'client_secret', 'client_assertion', 'id_token'],
  ...['access_token', 'refresh_token', 'token', 'assertion', 'authorization', 'device_code', 'jti', 'sid', 'ticket'],
]);

/** Names that end in `code` and are no authorization code: of errors, places and languages. */
const plainCode = /(?:error|status|country|region|postal|zip|language|currency|locale|response|http)_?code$/i;

function namesSecret(path: string): boolean {
  const last = path.split('.').at(-1) ?? path;
  // Servers call the code of a redirect by other names, too.
  const code = /code$/i.test(last) && !plainCode.test(last);
  return code || secretNames.has(last.toLowerCase()) || looksSecret(path);
}

/** A name and a value, as a trace has them. The name is a dotted path in what was nested. */
export interface ShownField {
  name: string;
  value: string;
  masked: boolean;
}

/** The values that a flow must not show: whatever was sent or received as a secret. */
export type Secrets = ReadonlySet<string>;

/** Parts of a text before a dot, each looked at once: of a text that begins a token at every third letter, too. */
const beforeDots = /(?<![\w-])[\w-]+\.(?=[\w-])/g;

const holdsJwt = (text: string): boolean => (text.match(beforeDots) ?? []).some((part) => /eyJ[\w-]/.test(part));

/** Whether a text may be a token, or hold one, whatever it is called. */
export const mayBeToken = (text: string): boolean =>
  holdsJwt(text) || (text.match(/[\w~+=-]{16,}/g) ?? []).some(isOpaque);

function kindOf(text: string): string {
  if (holdsJwt(text.slice(0, longestRead))) return 'JSON Web Token';
  return /^\d+$/.test(text) ? 'digits' : 'text';
}

/** The stand-in for a value that is not shown: its kind and its length. */
const mask = (text: string): string => `‹${kindOf(text)}, ${text.length} characters›`;

/**
 * A URL without its query and fragment, which may carry codes; null for other text. Letter by letter: an issuer with a
 * slash at its end is another one.
 */
function bareUrl(text: string): string | null {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  if (!url || url.username || url.password) return null;
  const [bare = ''] = text.split(/[?#]/, 1);
  return bare === text ? text : `${bare}?…`;
}

/** Scopes that the record names: the operator's own words, whatever they look like. */
export type KnownScopes = ReadonlySet<string>;

export const knownScopes = (record: ProviderRecord | undefined): KnownScopes =>
  new Set([
    ...(record?.scopes ?? []),
    ...(record?.sign_in_scopes ?? []),
    ...(record?.unechoed_scopes ?? []),
    ...Object.entries(record?.scope_aliases ?? {}).flatMap(([scope, others]) => [scope, ...others]),
    ...Object.entries(record?.scope_implies ?? {}).flatMap(([scope, others]) => [scope, ...others]),
  ]);

/** Names of lists of scopes, also of one scope in an array: `scope`, `authed_user.scope`, `granted_scopes.3`. */
const listsScopes = (name: string): boolean => /(?:^|[._ ])scopes?(?:\.\d+| that are missing)?$/i.test(name);

/**
 * Scopes, one by one: a name that looks like a token is masked alone, unless the record has it. As many are shown as fit.
 */
function shownScopes(text: string, known: KnownScopes): Omit<ShownField, 'name'> {
  const parts = text.slice(0, longestScopes + 1).split(/([\s\p{Cc},;|]+)/u);
  // The last one may be cut off.
  if (text.length > longestScopes) parts.splice(-1, 1, '…');
  const doubted = (part: string) => !known.has(part) && (mayBeToken(part) || scrub(part) !== part);
  const value = parts.map((part) => (doubted(part) ? mask(part) : part.replace(/\p{Cc}+/gu, ' '))).join('');
  return { value, masked: parts.some(doubted) };
}

/** A value as a trace may show it. */
function shownValue(
  name: string,
  value: unknown,
  secrets: Secrets,
  scopes: KnownScopes = new Set(),
): Omit<ShownField, 'name'> {
  const text = typeof value === 'string' ? value : String(value);
  const named = namesSecret(name);
  // Numbers and words like `true` under such a name are none: `expires_in` of a token, for example.
  const harmless = typeof value === 'boolean' || value === null || text === '';
  if (harmless) return { value: text, masked: false };
  if (named || holdsSecret(text, secrets)) return { value: mask(text), masked: true };
  if (listsScopes(name)) return shownScopes(text, scopes);
  const shown = (bareUrl(text) ?? text).slice(0, longestRead);
  // JSON or a form in a text may name a token of its own.
  if (mayBeToken(shown) || scrub(shown) !== shown) return { value: mask(text), masked: true };
  const plain = shown.replace(/\p{Cc}+/gu, ' ');
  return { value: plain.length > longestShown ? `${plain.slice(0, longestShown)}…` : plain, masked: false };
}

/** A member's name as a trace may show it: a server may use anything as a name. */
export function shownName(given: string, secrets: Secrets): string {
  const name = given.slice(0, longestRead);
  if (holdsSecret(name, secrets) || name.split('.').some(mayBeToken)) return mask(name);
  return name.replace(/\p{Cc}+/gu, ' ').slice(0, longestName);
}

/** The leaves of a value by their dotted paths. */
export function* leaves(value: unknown, path = '', depth = 0): Generator<[path: string, value: unknown]> {
  if (typeof value !== 'object' || value === null || depth >= deepest) {
    yield [path, typeof value === 'object' && value !== null ? '[more]' : value];
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    yield* leaves(member, path === '' ? name : `${path}.${name}`, depth + 1);
  }
}

/** The leaves of what was sent or received, masked and bounded. */
export function shownFields(
  entries: Iterable<[string, unknown]>,
  secrets: Secrets,
  scopes?: KnownScopes,
): ShownField[] {
  const fields: ShownField[] = [];
  for (const [name, value] of entries) {
    if (fields.length === mostFields) return [...fields, { name: '…', value: 'and more', masked: false }];
    fields.push({ name: shownName(name, secrets), ...shownValue(name, value, secrets, scopes) });
  }
  return fields;
}

/** The texts under names that say that they are secret, for whatever else repeats them. */
export function secretsIn(entries: Iterable<[string, unknown]>): string[] {
  return [...entries].flatMap(([name, value]) => {
    return namesSecret(name) && typeof value === 'string' && value.length >= shortestSecret ? [value] : [];
  });
}
