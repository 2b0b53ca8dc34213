import { OAuthError, type OAuthErrorCode } from '#lib/oauth/oauth-error';
import { valueAt } from '#lib/oauth/provider-call';
import { codesIn, isListed, saysError } from '#lib/oauth/provider-codes';
import type { ProviderSaid } from '#lib/oauth/provider-said';
import type { AnswerRule, OAuthProvider } from '#lib/oauth/types';

export type Grant = 'authorization_code' | 'refresh_token';

// RFC 6749 §5.2 and what GitHub and Slack say in its place. `unauthorized_client` is none: servers say it of one grant, too.
const clientCodes = new Set([
  'invalid_client',
  'incorrect_client_credentials',
  'invalid_client_id',
  'bad_client_secret',
]);

/** Whether a code says that the client's own credentials were refused, so that nothing of the request was acted on. */
export const isClientRefusal = (error: string): boolean => isListed(clientCodes, error);

const spentCodes = new Set(['invalid_grant', 'bad_verification_code', 'invalid_code', 'code_already_used']);
const transientCodes = new Set([
  ...['temporarily_unavailable', 'server_error', 'slow_down', 'internal_error'],
  ...['too_many_requests', 'rate_limit_exceeded', 'rate_limited'],
]);
const scopeCodes = new Set(['invalid_scope']);

/** The error code of an answer that says by itself that it is an error; null where it does not. */
export const providerErrorOf = (body: Record<string, unknown>): string | null =>
  saysError(body) ? (codesIn(body)[0] ?? 'unspecified') : null;

/** The person must act at the provider before anything is renewed (OpenID Connect Core §3.1.2.6; Auth0's own word). */
const personCodes = new Set([
  ...['interaction_required', 'login_required', 'consent_required', 'account_selection_required', 'mfa_required'],
]);

/**
 * Who causes a refused refresh, by the provider's code: the hub's own credentials, this grant, its person, the provider
 * for a while, or unclear. Servers use one code for several of these, so an unclear one is told by the answers to
 * others (`lib/refresh/end-refused.ts`).
 */
export type Trouble = 'credentials' | 'grant' | 'person' | 'provider' | 'unclear';

export function troubleOf(provider: Pick<OAuthProvider, 'dead_codes' | 'reuse_codes'>, error: string): Trouble {
  if (isListed([...provider.dead_codes, ...provider.reuse_codes], error)) return 'grant';
  if (isClientRefusal(error)) return 'credentials';
  if (isListed(personCodes, error)) return 'person';
  return isListed(transientCodes, error) ? 'provider' : 'unclear';
}

function codeFor(error: string): OAuthErrorCode {
  if (isClientRefusal(error)) return 'invalid_client';
  if (isListed(spentCodes, error)) return 'invalid_grant';
  if (isListed(personCodes, error)) return 'provider_refused';
  if (isListed(transientCodes, error)) return 'provider_unavailable';
  return isListed(scopeCodes, error) ? 'invalid_scope' : 'request_rejected';
}

/**
 * The code of a refusal that decides: the first with a known meaning, else the first that does not repeat the status.
 * Null where there is none.
 */
export function decisiveCode(
  provider: OAuthProvider,
  grant: Grant,
  status: number,
  body: Record<string, unknown>,
): string | null {
  const codes = codesIn(body);
  const isKnown = (code: string) =>
    grant === 'refresh_token' ? troubleOf(provider, code) !== 'unclear' : codeFor(code) !== 'request_rejected';
  return codes.find(isKnown) ?? codes.find((code) => code !== String(status)) ?? codes[0] ?? null;
}

/**
 * A coded refusal of the token endpoint. Of a refresh, only a code that the record lists in `dead_codes` or `reuse_codes`,
 * or one that asks for the person, is a `dead_grant`; the same code for an authorization code means that the code is spent
 * or wrong. Status 429 and 5xx never come here.
 * @param kept the code as log and ledger may have it
 */
export function tokenEndpointError(
  provider: OAuthProvider,
  grant: Grant,
  error: string,
  status: number,
  said: ProviderSaid = {},
  kept = error,
): OAuthError {
  const told = { ...said, providerError: kept === 'unspecified' ? (said.providerError ?? kept) : kept };
  const options = { ...told, detail: `http_${status}` };
  if (grant === 'authorization_code') return new OAuthError(codeFor(error), options);
  switch (troubleOf(provider, error)) {
    case 'grant':
      return deadGrant(told, status);
    case 'person':
      return new OAuthError('person_needed', options);
    case 'unclear':
      return new OAuthError('refresh_refused', options);
    default:
      return new OAuthError(codeFor(error), options);
  }
}

/** The refusal that ends a grant. @param said the provider's code, where it gave one, and its words */
export const deadGrant = (said: ProviderSaid, status: number): OAuthError =>
  new OAuthError('invalid_grant', { ...said, detail: `http_${status}`, disposition: 'dead_grant' });

/** Whether one of the rules describes an answer. */
export const describes = (rules: readonly AnswerRule[], status: number, body: Record<string, unknown>): boolean =>
  rules.some((rule) => {
    if (rule.status !== undefined && rule.status !== status) return false;
    return rule.path === undefined || String(valueAt(body, rule.path)) === rule.value;
  });

/** Whether one of the record's `client_refused_answers` describes this answer. */
export const refusesClient = (provider: OAuthProvider, status: number, body: Record<string, unknown>): boolean =>
  describes(provider.client_refused_answers, status, body);

/** Whether one of the record's `dead_answers` describes this answer: for servers that end a grant without an `error`. */
export const saysDead = (provider: OAuthProvider, status: number, body: Record<string, unknown>): boolean =>
  describes(provider.dead_answers, status, body);
