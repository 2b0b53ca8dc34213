import { createHash, timingSafeEqual } from 'node:crypto';
import { OAuthError } from '#lib/oauth/oauth-error';
import { parseScopes } from '#lib/oauth/parse-scopes';
import { isListed } from '#lib/oauth/provider-codes';
import { type ProviderSaid, saidIn, secretsOf } from '#lib/oauth/provider-said';
import { isOwnIssuer } from '#lib/oauth/tenant-issuer';
import { pickExtras } from '#lib/oauth/token-answer';
import type { Extras, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

/** Parameters with a meaning to us; a second copy of any could make two readers see two answers. */
const knownParameters = [
  ...['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'scope', 'error_code', 'error_reason'],
  ...['response', 'id_token', 'access_token', 'token_type', 'expires_in'],
];

/** Codes at which the person has to act, and did not (OpenID Connect Core §3.1.2.6). */
const notActed = ['consent_required', 'interaction_required', 'login_required', 'account_selection_required'];
/**
 * Words for a person's *no* beside `access_denied` (RFC 6749 §4.1.2.1): the refused thing or the person who refused,
 * and a word for no, in this order or the other. A refusal to the client (`client_denied`) is none.
 */
const no = '(?:denied|declined|cancell?ed|cancel|refused|rejected|disallowed|abort|aborted)';
const whose =
  '(?:access|auth|authentication|authori[sz]ation|consent|permissions?|login|user|person|resource_owner|end_user|by_user|authori[sz]e|oauth)';
const declined = new RegExp(`^(?:${whose}_)*${no}(?:_${whose})*$`);

/** A code in one spelling: `AccessDenied`, `access-denied` and `ACCESS_DENIED` are one. */
const spelling = (code: string): string =>
  code
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
    .replaceAll(/[\s.-]+/g, '_')
    .toLowerCase();

const saysDeclined = ({ declined_codes }: OAuthProvider, code: string): boolean =>
  declined.test(spelling(code)) || notActed.includes(spelling(code)) || isListed(declined_codes, code);

/** Parameters that hold the code of an error at servers that have no `error`. */
const errorNames = ['error', 'error_code', 'errorCode', 'error_type', 'error_reason', 'err'];
/** Parameters that say more exactly what the error was. */
const reasonNames = ['error', 'error_reason', 'error_subcode', 'error_type', 'error_code', 'errorMessage'];

const checkedCallbacks = new WeakSet<CheckedCallback>();

/** An answer on the redirect that passed every check. `exchangeCode` takes nothing else. */
export interface CheckedCallback {
  readonly code: string;
  readonly state: string;
  readonly iss: string | null;
  /** The fields on the redirect that the record keeps. */
  readonly extras: Extras;
  /** The scopes named on the redirect; null where the record does not look for them there, or none are. */
  readonly scopes: string[] | null;
}

/** True only for what `checkCallback` returned, so that a look-alike object cannot skip it. */
export function isCheckedCallback(value: CheckedCallback): boolean {
  return checkedCallbacks.has(value);
}

/** Compares secrets in a time that does not depend on where they differ. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** RFC 9207 §2.4: a wrong `iss` never; a missing one not where the server advertises it or the record requires it. */
function checkIssuer(provider: OAuthProvider, pinned: PinnedEndpoints, iss: string | null): void {
  if (iss !== null && !isOwnIssuer(provider, pinned, iss, { listed: true })) throw new OAuthError('iss_mismatch');
  const required = provider.iss_policy === 'required' || pinned.authorization_response_iss_parameter_supported;
  if (iss === null && required) throw new OAuthError('iss_missing');
}

/** Only the error parameters count: a code may stand beside them. */
function said(parameters: URLSearchParams): ProviderSaid {
  const told = [...parameters].filter(([name]) => /^err(or|$)/.test(name));
  return saidIn(Object.fromEntries(told), secretsOf(parameters));
}

/**
 * Checks the answer on the redirect against the flow it must belong to. Error answers are believed only after state
 * and issuer were.
 * @throws OAuthError; `access_denied` and `provider_refused` carry the provider's code
 */
export function checkCallback(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  callbackUrl: URL,
  expected: { state: string },
): CheckedCallback {
  const parameters = callbackUrl.searchParams;
  const parts = provider.redirect_parts.map(({ field }) => field);
  const once = [...knownParameters, ...provider.redirect_fields, provider.code_field, ...parts];
  const repeated = once.find((name) => parameters.getAll(name).length > 1);
  if (repeated !== undefined) throw new OAuthError('duplicate_parameter', { detail: repeated });

  const state = parameters.get('state');
  if (!state) throw new OAuthError('state_missing');
  if (!expected.state || !sameSecret(state, expected.state)) throw new OAuthError('state_mismatch');
  const iss = parameters.get('iss');
  checkIssuer(provider, pinned, iss);

  const code = parameters.get(provider.code_field);
  // Beside a code, only the RFC's own name means an error.
  const error = (code ? ['error'] : errorNames).map((name) => parameters.get(name)).find((value) => value !== null);
  if (error !== undefined) {
    const reasons = reasonNames.map((name) => parameters.get(name)).filter((reason) => reason !== null);
    const no = reasons.some((reason) => saysDeclined(provider, reason));
    throw new OAuthError(no ? 'access_denied' : 'provider_refused', said(parameters));
  }
  if (!code) throw new OAuthError('missing_code');

  const extras = pickExtras(provider, Object.fromEntries(parameters), provider.redirect_fields, 'refuse', [code]);
  const scopes =
    provider.scope_source === 'redirect'
      ? parseScopes(parameters.get(provider.scope_field ?? 'scope'), provider.scope_sep_in)
      : null;
  const checked: CheckedCallback = Object.freeze({ code, state, iss, extras, scopes });
  checkedCallbacks.add(checked);
  return checked;
}
