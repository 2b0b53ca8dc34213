import { passesAfterSeconds } from '#lib/passing';

/**
 * The one family of errors. A code is stable: clients, tests and the ledger branch on it. The message is the sentence a
 * person may read; it never carries an upstream body or a secret. The real cause is on `cause`.
 */
export const errorCodes = {
  // Who is calling
  unauthenticated: [401, 'Sign in to continue.'],
  invalid_api_key: [401, 'The API key is missing, wrong, expired or revoked.'],
  forbidden: [403, 'You may not do this.'],
  insufficient_scope: [403, 'The API key lacks the scope this call needs.'],
  ip_not_allowed: [403, 'The API key may not be used from this address.'],
  wrong_origin: [403, 'The request came from another site and was refused.'],
  sign_in_not_allowed: [403, 'This account may not sign in here. Ask your administrator to allow it.'],
  person_disabled: [403, 'An administrator disabled this account.'],
  step_up_required: [403, 'This needs a sign-in of the last five minutes. Sign in once more, then repeat it.'],
  step_up_other_account: [403, 'You signed in with another account than the one you are here with. It does not count.'],
  step_up_too_old: [403, 'The provider says that you signed in there too long ago. Sign in there anew.'],
  step_up_unproved: [
    502,
    'The provider did not say when you signed in, so it does not count. Tell your administrator.',
  ],
  // A connect session
  connect_session_over: [
    410,
    'This link was used already, or it is too old. Go back to the application and begin again.',
  ],
  connect_session_mismatch: [
    400,
    'The code or the verifier is not the one of this session. The session is over, and its grant is being revoked.',
  ],
  // The request
  invalid_request: [400, 'The request is not valid.'],
  unknown_scope: [400, 'The call states a scope that neither the connection nor its provider’s record has.'],
  account_part_invalid: [
    400,
    'What you typed does not have the form that this provider uses. Compare it with the example at the field.',
  ],
  body_too_large: [413, 'The request body is too large.'],
  evidence_too_large: [413, 'The period has too much for one bundle of evidence. Choose a shorter one.'],
  not_found: [404, 'There is nothing here, or it is not yours.'],
  unknown_provider: [404, 'This hub has no such provider, or you may not use it.'],
  method_not_allowed: [405, 'This address does not take that method.'],
  conflict: [409, 'Somebody else changed this meanwhile. Reload and try again.'],
  needs_reconnect: [409, 'The provider no longer accepts this connection. The person must reconnect it.'],
  refreshed_lately: [409, 'The token was refreshed less than 30 seconds ago. It is not refreshed again so soon.'],
  revoked: [409, 'This connection was revoked.'],
  frozen: [423, 'An administrator froze this connection.'],
  rate_limited: [429, 'Too many requests. Wait a moment and try again.'],
  // A flow
  state_missing: [400, 'The answer carried no state, so the hub cannot match it to a sign-on of yours. Start again.'],
  state_unknown: [400, 'This sign-on did not begin in this browser, or it is too old. Start again.'],
  state_reused: [400, 'This answer was used already. Start again.'],
  state_mismatch: [400, 'The answer does not belong to the sign-on that you began. Start again.'],
  flow_expired: [400, 'This took longer than ten minutes, or the hub was upgraded meanwhile. Start again.'],
  flow_interrupted: [
    409,
    'The hub stopped while it worked on this answer. Look whether you are connected, and start again if not.',
  ],
  flow_other_person: [403, 'Another person, who was signed in here, began this. Start again.'],
  duplicate_parameter: [400, 'The answer named a parameter twice and was refused. Start again.'],
  callback_mismatch: [
    400,
    'The answer came back at the address of another provider and was refused. Nothing was connected. Start again.',
  ],
  iss_mismatch: [400, 'The answer names another authorization server than the one you were sent to. Start again.'],
  iss_missing: [400, 'The answer does not say which authorization server it comes from. Start again.'],
  missing_code: [400, 'The provider sent no authorization code. Start again.'],
  access_denied: [400, 'You, or a rule at the provider, declined. Nothing was connected.'],
  provider_refused: [400, 'The provider refused the request. Try again. If it refuses again, tell your administrator.'],
  exchange_refused: [502, 'The provider did not accept the authorization code. Start again.'],
  id_token_invalid: [502, 'The provider’s proof of identity failed a check. Nothing was connected.'],
  token_answer_invalid: [502, 'The hub could not read the provider’s answer. Try again later.'],
  identity_unavailable: [502, 'The provider did not say which account this is. Try again later.'],
  account_mismatch: [
    409,
    'You signed in with another account than the one you wanted to reconnect. Nothing was changed.',
  ],
  pkce_required: [500, 'This provider cannot be used without PKCE. Tell your administrator.'],
  // Providers and ourselves
  provider_unavailable: [503, 'The provider does not answer at the moment. Try again in a few minutes.'],
  provider_configuration: [
    503,
    'The provider does not accept this hub’s set-up. An administrator must mend the configuration.',
  ],
  grant_in_doubt: [503, 'The provider refused this connection. The hub tries once more in a few minutes.'],
  refresh_in_progress: [503, 'The token is being refreshed. Try again in a moment.'],
  unavailable: [503, 'The hub cannot answer at the moment. Try again in a moment.'],
  key_missing: [
    503,
    'The stored token is sealed with a key that this hub no longer has. An administrator must put the key back.',
  ],
  key_service_unavailable: [
    503,
    'The key service that protects the stored tokens does not answer. Try again in a moment.',
  ],
  vault_old_form: [
    500,
    'A stored token has the form of an earlier version, although the hub renewed all of them since.',
  ],
  vault_wrong_place: [500, 'A stored token does not belong where it was found.'],
  vault_malformed: [500, 'A stored token is incomplete.'],
  vault_tampered: [500, 'A stored token was altered.'],
  internal: [500, 'Something went wrong here. The reference finds it in the log.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

/** Begins the digest, all that a browser is told of a page's error, where the error passes by itself. */
export const unavailableDigest = 'unavailable.';

export type ErrorCode = keyof typeof errorCodes;

export interface AppErrorOptions {
  /** The real cause, for the log; never shown. */
  cause?: unknown;
  /** Replaces the code's sentence where more can be said safely. */
  message?: string;
  /** Whole seconds after which trying again makes sense (RFC 9110 §10.2.3). */
  retryAfterSeconds?: number;
  /** Base64 of the SHA-256 of the access token that is stored now, for the service that reported it. */
  tokenFingerprint?: string;
  /** Faults of single fields, for forms and API answers. */
  issues?: readonly { path: string; message: string }[];
  /** The provider's own code of a refusal; taken from the cause where that has one. */
  providerError?: string | undefined;
  /** The request showed no token at all, of any kind that the hub knows (RFC 6750 §3.1). */
  noToken?: boolean;
}

/** The code that a refused protocol step has from its provider, which is fit to be shown. */
function providerErrorIn(cause: unknown): string | undefined {
  const has = cause instanceof Error && 'providerError' in cause && typeof cause.providerError === 'string';
  return has ? (cause.providerError as string) : undefined;
}

/** An error with a stable code, an HTTP status and a sentence that a person can act on. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  readonly tokenFingerprint: string | undefined;
  readonly issues: AppErrorOptions['issues'];
  readonly providerError: string | undefined;
  readonly noToken: boolean;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? errorCodes[code][1], options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = errorCodes[code][0];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.tokenFingerprint = options.tokenFingerprint;
    this.issues = options.issues;
    this.providerError = options.providerError ?? providerErrorIn(options.cause);
    this.noToken = options.noToken ?? false;
  }
}

/** True for our own errors, also those made by another bundle's copy of this module. */
export function isAppError(error: unknown): error is AppError {
  return error instanceof Error && error.name === 'AppError' && 'code' in error && 'status' in error;
}

/**
 * The one mapper: a thrown value as the error to answer with, on every surface. Ours stays as it is. A passing one,
 * such as a lost or full database, is `unavailable` with the seconds to wait; everything else is `internal`. The
 * original is on `cause`.
 */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const retryAfterSeconds = passesAfterSeconds(error);
  if (retryAfterSeconds === undefined) return new AppError('internal', { cause: error });
  return new AppError('unavailable', { cause: error, retryAfterSeconds });
}
