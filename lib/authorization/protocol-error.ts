import { AppError, type ErrorCode, errorCodes, isAppError } from '#lib/errors';
import { isOAuthError, isOAuthErrorCode, OAuthError, type OAuthErrorCode } from '#lib/oauth/types';

const exact: Partial<Record<OAuthErrorCode, ErrorCode>> = {
  duplicate_parameter: 'duplicate_parameter',
  state_missing: 'state_missing',
  state_mismatch: 'state_mismatch',
  iss_mismatch: 'iss_mismatch',
  iss_missing: 'iss_missing',
  missing_code: 'missing_code',
  access_denied: 'access_denied',
  provider_refused: 'provider_refused',
  account_param_invalid: 'invalid_request',
  invalid_grant: 'exchange_refused',
  identity_invalid: 'identity_unavailable',
  token_rejected: 'identity_unavailable',
  pkce_required: 'pkce_required',
};

/**
 * The answer to a person or service after a failed protocol step; the step itself stays on `cause`. Other errors pass.
 */
export function fromProtocolError(error: unknown): unknown {
  if (!isOAuthError(error)) return error;
  const options = {
    cause: error,
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
  };
  const code = exact[error.code];
  if (code) return new AppError(code, options);
  if (error.code.startsWith('id_token_')) return new AppError('id_token_invalid', options);
  if (error.disposition === 'transient')
    return new AppError('provider_unavailable', { retryAfterSeconds: 30, ...options });
  if (error.disposition === 'configuration')
    return new AppError('provider_configuration', { retryAfterSeconds: 300, ...options });
  return new AppError('token_answer_invalid', options);
}

/** The most exact code there is for the ledger: the protocol step's own where there was one. */
export function ledgerCode(error: AppError): string {
  return isOAuthError(error.cause) ? error.cause.code : error.code;
}

/** The code that a person or service was answered where the ledger has this one; null for a text that is no code. */
export function answeredCode(code: string): ErrorCode | null {
  if (Object.hasOwn(errorCodes, code)) return code as ErrorCode;
  const error = isOAuthErrorCode(code) ? fromProtocolError(new OAuthError(code)) : null;
  return isAppError(error) ? error.code : null;
}
