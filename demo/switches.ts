/** How a test makes a demo server slow, failing or lying, and what it counts meanwhile. */

export const demoProviderIds = ['demo', 'google', 'github', 'salesforce', 'okta', 'auth0'] as const;
export type DemoProviderId = (typeof demoProviderIds)[number];

export interface Switches {
  /** Milliseconds before the back-channel endpoints (token, revocation, introspection, userinfo) do their work. */
  latency_ms: number;
  /** Answer the token endpoint with this HTTP status and process nothing. */
  token_status: number | null;
  /** Seconds in the `Retry-After` header of a 429 or 503; null leaves the header out. */
  retry_after_s: number | null;
  /** Answer the token endpoint with a body that is no token response, and process nothing. */
  token_body: 'html' | 'empty' | 'huge' | 'hang' | 'garbage' | null;
  /** Answer the token endpoint with this OAuth error code, in the namesake's own shape, and process nothing. */
  token_error: string | null;
  /** Lifetime of access tokens in seconds; null is the namesake's own. */
  access_token_ttl_s: number | null;
  /** Leave RFC 9207's `iss` out of the callback. Starts as the namesake does it. */
  omit_iss: boolean;
  /** Send a foreign `iss` in the callback: true for a made-up issuer, or the issuer to send. */
  wrong_iss: boolean | string;
  id_token: 'wrong_nonce' | 'wrong_audience' | 'bad_signature' | 'alg_none' | 'wrong_issuer' | null;
  /** The e-mail claims of this server's people are verified. */
  email_verified: boolean;
  /** Answer the revocation endpoint with this HTTP status and process nothing. */
  revocation_status: number | null;
  /** Process the refresh, then destroy the socket. A number does so that many times. */
  drop_answer: boolean | number;
  /** What a refresh does with the refresh token: a new one, none in the answer, or the same one in the answer. */
  rotation: 'rotate' | 'keep' | 'same';
  /** Seconds during which the immediately previous refresh token still works. */
  grace_s: number;
  /** Scopes withheld from new access tokens; true withholds the last one asked for. */
  shrink_scopes: boolean | string[];
  /** Send `code` twice in the callback. */
  duplicate_code: boolean;
  /** Salesforce: the people were deactivated there. The token endpoint says so, and processes nothing. */
  inactive_people: boolean;
  /** Auth0's tenant setting: revoking a refresh token ends every grant of that person at this client. */
  revoke_deletes_grant: boolean;
}

export interface TokenRequestNote {
  grant_type: string | null;
  /** Parameter names, sorted; never their values. */
  parameters: string[];
  auth_method: 'client_secret_basic' | 'client_secret_post' | 'both' | 'none';
  has_code_verifier: boolean;
}

export interface AuthorizationRequestNote {
  parameters: string[];
  scope: string | null;
  prompt: string | null;
  access_type: string | null;
  audience: string | null;
  code_challenge_method: string | null;
}

/** Requests received, whatever the answer, unless said otherwise. */
export interface Counts {
  /** Authorization requests that ended with a code in the callback. */
  authorizations: number;
  token_requests: number;
  code_exchanges: number;
  refreshes: number;
  /** Token requests that the server itself answered with an error (the faults of the switches not counted). */
  token_errors: number;
  reuse_detected: number;
  revocations: number;
  userinfo: number;
  introspections: number;
  /** Calls of the resource API with a live token of this server. */
  resource_calls: number;
  last_token_request: TokenRequestNote | null;
  last_authorization_request: AuthorizationRequestNote | null;
}

const baseSwitches: Switches = {
  latency_ms: 0,
  token_status: null,
  retry_after_s: 1,
  token_body: null,
  token_error: null,
  access_token_ttl_s: null,
  omit_iss: false,
  wrong_iss: false,
  id_token: null,
  email_verified: true,
  revocation_status: null,
  drop_answer: false,
  rotation: 'keep',
  grace_s: 0,
  shrink_scopes: false,
  duplicate_code: false,
  inactive_people: false,
  revoke_deletes_grant: false,
};

export function initialSwitches(own: Partial<Switches>): Switches {
  return { ...baseSwitches, ...own };
}

export function initialCounts(): Counts {
  return {
    authorizations: 0,
    token_requests: 0,
    code_exchanges: 0,
    refreshes: 0,
    token_errors: 0,
    reuse_detected: 0,
    revocations: 0,
    userinfo: 0,
    introspections: 0,
    resource_calls: 0,
    last_token_request: null,
    last_authorization_request: null,
  };
}

/** Sets the switches named in `input`. Throws a RangeError for a name that is no switch, so that a typo cannot pass. */
export function setSwitches(switches: Partial<Switches>, input: Record<string, unknown>): void {
  for (const name of Object.keys(input)) {
    if (!(name in baseSwitches)) throw new RangeError(`There is no switch called ${name}.`);
  }
  Object.assign(switches, input);
}
