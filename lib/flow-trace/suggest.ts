import { leaves, type Secrets, shownName } from '#lib/flow-trace/mask';
import type { TraceHint } from '#lib/flow-trace/trace';
import { valueAt } from '#lib/oauth/provider-call';
import type { ProviderRecord } from '#lib/providers/record';

/** The result of a traced flow, as far as hints go by it. */
export interface Seen {
  /** The answers of the calls, in their order, with where they came from. */
  answers: readonly { url: string; body: unknown }[];
  tokenEndpoint: string;
  /** The parameters that came on the redirect; null where none did. */
  redirect: URLSearchParams | null;
  code: string | null;
  /** The life that was understood, in seconds. */
  expiresIn: number | null;
  /** The names of the scopes that were understood. */
  scopes: readonly string[] | null;
  /** Names of look-ups that found nothing. */
  missing: readonly string[];
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const last = (path: string): string => path.split('.').at(-1) ?? path;

/** The path only where it holds nothing secret itself. */
type Name = (path: string) => string | null;

function tokenHints(record: ProviderRecord, entries: [string, unknown][], name: Name): TraceHint[] {
  const known = [...record.token_path, 'access_token'];
  const others = entries.filter(
    ([path, value]) => isText(value) && /^access_?token$/i.test(last(path)) && !known.includes(path),
  );
  const found = known.some((path) => entries.some(([at, value]) => at === path && isText(value)));
  return others.flatMap(([path]) => {
    const shown = name(path);
    if (shown === null) return [];
    const text = found
      ? `The answer has another access token at ${shown}. The hub keeps the first one that the record names.`
      : `The access token is at ${shown}, where the record does not look.`;
    return [{ text, recordLine: `"token_path": ${JSON.stringify(shown)}` }];
  });
}

function typeHints(record: ProviderRecord, entries: [string, unknown][], name: Name): TraceHint[] {
  const types = entries.filter(([path, value]) => last(path) === 'token_type' && isText(value));
  return types.flatMap(([, value]) => {
    const word = String(value).trim();
    const plain =
      name(word) !== null && /^[A-Za-z][\w-]{0,30}$/.test(word) && !/^(bearer|mac|dpop|pop|n_a)$/i.test(word);
    if (!plain || record.bearer_token_types.some((one) => one.toLowerCase() === word.toLowerCase())) return [];
    const text = `The server calls its tokens ${word}. Where that means bearer, say so.`;
    return [{ text, recordLine: `"bearer_token_types": [${JSON.stringify(word)}]` }];
  });
}

function scopeHints(record: ProviderRecord, entries: [string, unknown][], name: Name): TraceHint[] {
  if (record.scopes.length === 0 || record.scope_source === 'redirect') return [];
  const usual = record.scope_field === null ? ['scope', 'scopes'] : [last(record.scope_field)];
  const own = entries.find(([path]) => usual.includes(last(path)) || usual.includes(path.split('.').at(-2) ?? ''));
  if (own) {
    const separator = [',', '+', ';', '|'].find((one) => String(own[1]).includes(one));
    const joined = separator && !String(own[1]).includes(' ') && record.scope_sep_in !== separator;
    if (!joined || usual.includes(own[0].split('.').at(-2) ?? '')) return [];
    const text = `The granted scopes are joined by “${separator}”.`;
    return [{ text, recordLine: `"scope_sep_in": ${JSON.stringify(separator)}` }];
  }
  const other = entries.map(([path]) => path).find((path) => /scope/i.test(last(path)));
  const shown = other === undefined ? null : name(other);
  if (shown !== null)
    return [{ text: `The granted scopes are at ${shown}.`, recordLine: `"scope_field": ${JSON.stringify(shown)}` }];
  if (record.absent_scope === 'unknown') return [];
  const text =
    'The answer names no scopes, so the hub takes all that it asked for as granted. Where that is not so, say so.';
  return [{ text, recordLine: '"absent_scope": "unknown"' }];
}

function lifeHints(seen: Seen, record: ProviderRecord, entries: [string, unknown][], name: Name): TraceHint[] {
  if (seen.expiresIn !== null) return [];
  const path = entries
    .filter(([, value]) => typeof value === 'number' || isText(value))
    .find(([at]) => /expir|valid_?until|ttl|lifetime/i.test(last(at)) && !/refresh/i.test(at));
  const shown = path ? name(path[0]) : null;
  if (path && shown !== null) {
    const number = Number(path[1]);
    const as = Number.isNaN(number) || number > 1e9 ? 'moment' : 'seconds';
    const line = `"access_token_life": { "path": ${JSON.stringify(shown)}, "as": "${as}" }`;
    return [{ text: `The life of the access token is at ${shown}.`, recordLine: line }];
  }
  if (record.expires_default !== null) return [];
  const text =
    'The answer does not say how long the token lives: the hub does not refresh it. Where it does end, say when.';
  return [{ text, recordLine: '"expires_default": 3600' }];
}

/** OpenID Connect Core §11: a server ignores `offline_access` unless the person is asked for consent. */
function lastingHints({ scopes, authorization_params }: ProviderRecord, entries: [string, unknown][]): TraceHint[] {
  const asked = ['openid', 'offline_access'].every((scope) => scopes.includes(scope));
  if (!asked || entries.some(([path]) => /^refresh_?token$/i.test(last(path)))) return [];
  const words = [authorization_params.prompt ?? []].flat().flatMap((text) => text.split(' '));
  if (words.includes('consent')) return [];
  const text = 'No refresh token came. Servers that keep to OpenID Connect give one only where the person is asked.';
  const parameters = {
    ...authorization_params,
    prompt: [...words.filter((word) => word !== 'none'), 'consent'].join(' '),
  };
  return [{ text, recordLine: `"authorization_params": ${JSON.stringify(parameters)}` }];
}

const looksLikeIdentity = /^(sub|id|user_?id|account_?id|uid|uuid|login|username|key)$/i;

/** Paths in the answers that an account may be known by, the likeliest first. */
function identityHints(seen: Seen, record: ProviderRecord, name: Name): TraceHint[] {
  if (seen.code !== 'identity_invalid') return [];
  const inToken = record.identity.source === 'token_answer';
  const bodies = seen.answers.filter(({ url }) => (url === seen.tokenEndpoint) === inToken);
  const found = (bodies.length > 0 ? bodies : seen.answers).flatMap(({ body }) => [...leaves(body)]);
  const paths = found
    .filter(([, value]) => isText(value) || typeof value === 'number')
    .map(([path]) => path)
    .filter((path) => looksLikeIdentity.test(last(path)))
    .slice(0, 5);
  return paths.flatMap((path) => {
    const shown = name(path);
    if (shown === null) return [];
    const source = inToken ? '"source": "token_answer", ' : '';
    return [
      {
        text: `Nothing is at ${record.identity.key.join(', ')}. The account may be known by ${shown}.`,
        recordLine: `"identity": { ${source}"subject": ${JSON.stringify(shown)} }`,
      },
    ];
  });
}

function redirectHints({ redirect, code }: Seen, record: ProviderRecord, name: Name): TraceHint[] {
  if (code !== 'missing_code' || !redirect) return [];
  const other = [...redirect.keys()].find((field) => /code/i.test(field) && field !== record.code_field);
  const shown = other === undefined ? null : name(other);
  if (shown === null) return [{ text: 'The redirect brought no code.', recordLine: null }];
  return [{ text: `The redirect brought the code as ${shown}.`, recordLine: `"code_field": ${JSON.stringify(shown)}` }];
}

/**
 * The parts of the answers that the record does not name yet, and the lines that would. They name paths, and no values.
 */
export function suggest(record: ProviderRecord, seen: Seen, secrets: Secrets): TraceHint[] {
  const name: Name = (path) => (shownName(path, secrets) === path ? path : null);
  const token = seen.answers.find(({ url }) => url === seen.tokenEndpoint)?.body;
  const hints = [...redirectHints(seen, record, name), ...identityHints(seen, record, name)];
  if (typeof token === 'object' && token !== null) {
    const entries = [...leaves(token)];
    const refused = isText(valueAt(token, 'error')) || valueAt(token, 'ok') === false;
    if (refused && !record.error_in_200 && seen.code === 'token_answer_invalid')
      hints.push({ text: 'The server tells errors with status 200.', recordLine: '"error_in_200": true' });
    if (!refused)
      hints.push(
        ...tokenHints(record, entries, name),
        ...typeHints(record, entries, name),
        ...scopeHints(record, entries, name),
        ...lifeHints(seen, record, entries, name),
        ...lastingHints(record, entries),
      );
  }
  for (const missing of seen.missing)
    hints.push({
      text: `The look-up of ${missing} found nothing: compare its path with the answer.`,
      recordLine: null,
    });
  return hints;
}
