import type { ErrorCode } from './api.ts';

/** Faults that the client finds itself. */
export type ClientCode =
  /** No answer of the hub arrived, or one that is not its own, as of a proxy before it. */
  | 'hub_unreachable'
  /** The connection lacks a scope that the call stated. `consentUrl` leads the person to it. */
  | 'missing_scope'
  /** The user did not begin this connection in this browser. */
  | 'connect_not_begun'
  /** A page of another site asked to begin a connection. */
  | 'wrong_origin'
  /** A webhook message is not signed by the hub with this secret, or is too old. */
  | 'invalid_webhook';

/** A code to branch on. A newer hub may answer codes that this version does not know. */
export type GrantkeepErrorCode = ErrorCode | ClientCode | (string & Record<never, never>);

export interface GrantkeepErrorDetails {
  cause?: unknown;
  status?: number | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
  providerError?: string | undefined;
  issues?: readonly { path: string; message: string }[] | undefined;
  missingScopes?: readonly string[] | undefined;
  consentUrl?: string | undefined;
}

/** Every refusal of the hub, and every fault of reaching it. It never carries a token or a key. */
export class GrantkeepError extends Error {
  override readonly name = 'GrantkeepError';
  readonly code: GrantkeepErrorCode;
  /** Of the hub's answer; undefined where none came. */
  readonly status: number | undefined;
  /** Names the request in the hub's log and ledger. */
  readonly requestId: string | undefined;
  /** Whole seconds after which trying again makes sense. */
  readonly retryAfterSeconds: number | undefined;
  /** The provider's own code. It is for people to look up. */
  readonly providerError: string | undefined;
  readonly issues: GrantkeepErrorDetails['issues'];
  /** With `missing_scope`: the stated scopes that the connection lacks. */
  readonly missingScopes: readonly string[] | undefined;
  /** With `missing_scope` and `needs_reconnect`: the page of the hub where the person can mend it. */
  readonly consentUrl: string | undefined;

  constructor(code: GrantkeepErrorCode, message: string, details: GrantkeepErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.providerError = details.providerError;
    this.issues = details.issues;
    this.missingScopes = details.missingScopes;
    this.consentUrl = details.consentUrl;
  }
}

/** True for an error of this package, also of another copy of it; with codes, for one of these only. */
export function isGrantkeepError(
  error: unknown,
  ...codes: readonly (ErrorCode | ClientCode)[]
): error is GrantkeepError {
  if (!(error instanceof Error) || error.name !== 'GrantkeepError' || !('code' in error)) return false;
  return codes.length === 0 || codes.some((code) => code === error.code);
}
