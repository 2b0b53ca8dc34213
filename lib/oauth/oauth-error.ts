import { errorCodePattern } from '#lib/config/error-code';
import { holdsOpaqueText } from '#lib/oauth/provider-text';

/**
 * The meaning of a failure for the caller. `refused`: the provider or a check said no to this flow. `dead_grant`: the
 * grant is over. `transient`: trying again later makes sense. `configuration`: an administrator must mend something.
 * `answer_invalid`: the answer could not be trusted or understood. `unclear`: a refresh was refused, and only the
 * answers to others tell whether this grant or the hub's client is meant.
 */
export type Disposition = 'refused' | 'dead_grant' | 'transient' | 'configuration' | 'answer_invalid' | 'unclear';

const dispositions = {
  // The answer on the redirect
  duplicate_parameter: 'refused',
  state_missing: 'refused',
  state_mismatch: 'refused',
  iss_mismatch: 'refused',
  iss_missing: 'refused',
  missing_code: 'refused',
  access_denied: 'refused',
  provider_refused: 'refused',
  account_param_invalid: 'refused',
  // The token endpoint
  invalid_grant: 'refused',
  invalid_client: 'configuration',
  invalid_scope: 'configuration',
  request_rejected: 'configuration',
  // The refusal of a refresh
  person_needed: 'dead_grant',
  refresh_refused: 'unclear',
  token_answer_invalid: 'answer_invalid',
  // The ID token
  id_token_missing: 'answer_invalid',
  id_token_malformed: 'answer_invalid',
  id_token_nonce: 'answer_invalid',
  id_token_audience: 'answer_invalid',
  id_token_issuer: 'answer_invalid',
  id_token_expired: 'answer_invalid',
  id_token_signature: 'answer_invalid',
  id_token_alg: 'answer_invalid',
  // Looking up who it is
  identity_invalid: 'answer_invalid',
  token_rejected: 'refused',
  // Reaching the provider
  provider_unreachable: 'transient',
  provider_unavailable: 'transient',
  provider_timeout: 'transient',
  rate_limited: 'transient',
  outbound_blocked: 'configuration',
  answer_too_large: 'answer_invalid',
  redirect_refused: 'answer_invalid',
  discovery_failed: 'transient',
  discovery_absent: 'transient',
  discovery_issuer: 'configuration',
  discovery_changed: 'configuration',
  discovery_redirected: 'configuration',
  discovery_incomplete: 'configuration',
  redirect_part_unknown: 'configuration',
  // What was asked of us
  pkce_required: 'configuration',
  unsupported: 'configuration',
} as const satisfies Record<string, Disposition>;

export type OAuthErrorCode = keyof typeof dispositions;

/** Whether a text, such as a code of the ledger, is the code of a protocol step. */
export const isOAuthErrorCode = (code: string): code is OAuthErrorCode => Object.hasOwn(dispositions, code);

export interface OAuthErrorOptions {
  disposition?: Disposition;
  /** The provider's own error code; dropped unless it looks like one (RFC 6749 §5.2). */
  providerError?: unknown;
  /** A second, more exact code beside it, as some servers give one. */
  providerSubcode?: unknown;
  /** The provider's words, made fit for the log by `providerText`. */
  said?: string | undefined;
  retryAfterSeconds?: number | undefined;
  /** A short technical code for the log: of the library, the runtime or the HTTP status. */
  detail?: string;
}

/**
 * A failed protocol step. Branch on `code` or `disposition`. Neither message nor cause carries anything the provider
 * wrote. `providerError` and `providerSubcode` are codes, safe to show; `said` is for the log alone, and stays out of
 * whatever prints or serialises the error.
 */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly disposition: Disposition;
  readonly providerError: string | undefined;
  readonly providerSubcode: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly #said: string | undefined;

  constructor(code: OAuthErrorCode, options: OAuthErrorOptions = {}) {
    super(`OAuth step failed: ${code}`, options.detail ? { cause: new Error(options.detail) } : undefined);
    this.name = 'OAuthError';
    this.code = code;
    this.disposition = options.disposition ?? dispositions[code];
    this.providerError = errorToken(options.providerError);
    this.providerSubcode = errorToken(options.providerSubcode);
    this.#said = options.said;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The provider's words beside its code, for the log. */
  get said(): string | undefined {
    return this.#said;
  }
}

/** A provider's error code if it is short, of the plain characters that codes are made of, and no token. */
export function errorToken(value: unknown): string | undefined {
  return typeof value === 'string' && errorCodePattern.test(value) && !holdsOpaqueText(value) ? value : undefined;
}

/** True for our own errors, also those made by another bundle's copy of this module. */
export function isOAuthError(error: unknown): error is OAuthError {
  return error instanceof Error && error.name === 'OAuthError' && 'disposition' in error;
}
