/** The authorization servers of a demo: `demo` is the one that people sign in with. */
export type DemoServerId = 'demo' | 'google' | 'github' | 'salesforce' | 'okta' | 'auth0';
/** Those at which accounts are connected. */
export type DemoProvider = Exclude<DemoServerId, 'demo'>;

/** How a server behaves towards one account. What is left out stays as it is. */
export interface ProviderSwitches {
  /** Milliseconds before the back-channel endpoints (token, revocation, introspection, userinfo) do their work. */
  latency_ms?: number;
  /** Answer the token endpoint with this HTTP status and process nothing. */
  token_status?: number | null;
  /** Seconds in the `Retry-After` header of a 429 or 503; null leaves the header out. */
  retry_after_s?: number | null;
  /** Answer the token endpoint with a body that is no token response, and process nothing. */
  token_body?: 'html' | 'empty' | 'huge' | 'hang' | 'garbage' | null;
  /** Answer the token endpoint with this OAuth error code, and process nothing. */
  token_error?: string | null;
  /** Lifetime of new access tokens in seconds; null is the provider's own. The hub is told of it. */
  access_token_ttl_s?: number | null;
  /** Leave RFC 9207's `iss` out of the callback. */
  omit_iss?: boolean;
  /** Send a foreign `iss` in the callback: true for a made-up issuer, or the issuer to send. */
  wrong_iss?: boolean | string;
  id_token?: 'wrong_nonce' | 'wrong_audience' | 'bad_signature' | 'alg_none' | 'wrong_issuer' | null;
  /** The e-mail claims are verified. */
  email_verified?: boolean;
  /** Answer the revocation endpoint with this HTTP status and process nothing. */
  revocation_status?: number | null;
  /** Process the refresh, then cut the connection. A number does so that many times. */
  drop_answer?: boolean | number;
  /** What a refresh does with the refresh token: a new one, none in the answer, or the same one in the answer. */
  rotation?: 'rotate' | 'keep' | 'same';
  /** Seconds during which the immediately previous refresh token still works. */
  grace_s?: number;
  /** Scopes withheld from new access tokens; true withholds the last one asked for. */
  shrink_scopes?: boolean | string[];
  /** Send `code` twice in the callback. */
  duplicate_code?: boolean;
  /** Salesforce: the person was deactivated there. */
  inactive_people?: boolean;
  /** Auth0: revoking a refresh token ends every grant of the person at this client. */
  revoke_deletes_grant?: boolean;
}

/** Failures by name, each with its switches. */
export const providerFailures = {
  /** The token endpoint never answers. */
  timeout: { token_body: 'hang' },
  /** The token endpoint answers 503. */
  unavailable: { token_status: 503 },
  /** The token endpoint answers 429, and asks for a wait of a second. */
  rate_limited: { token_status: 429, retry_after_s: 1 },
  /** The token endpoint answers a page of HTML. */
  html: { token_status: 200, token_body: 'html' },
  /** The provider says that the grant has ended, though it has not. */
  invalid_grant: { token_error: 'invalid_grant' },
  /** The provider refuses the hub's client secret. */
  invalid_client: { token_error: 'invalid_client' },
  /** The provider does the refresh, and its answer is lost on the way. */
  lost_answer: { drop_answer: true },
  /** The revocation endpoint answers 503. */
  revocation_unavailable: { revocation_status: 503 },
} as const satisfies Record<string, ProviderSwitches>;

export type ProviderFailure = keyof typeof providerFailures;
