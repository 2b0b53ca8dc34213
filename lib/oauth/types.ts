/** A secret that does not print: only `reveal()` gives the text. */
export interface SecretText {
  reveal(): string;
}

/** A value asked of the person before connecting, standing as `{name}` in the provider's URLs. */
export interface AccountParam {
  readonly name: string;
  readonly label: string;
  /** An anchored regular expression the whole value must match. */
  readonly pattern: string;
  readonly example: string;
}

export type AccountParamValues = Readonly<Record<string, string>>;

/**
 * What the protocol layer must know of a provider. Field names are those of RFC 8414 and RFC 7591 where these have
 * one; docs/providers.md explains each.
 */
export interface OAuthProvider {
  readonly id: string;
  readonly issuer: string;
  readonly authorization_endpoint: string | null;
  readonly token_endpoint: string | null;
  readonly revocation_endpoint: string | null;
  readonly introspection_endpoint: string | null;
  readonly userinfo_endpoint: string | null;
  readonly jwks_uri: string | null;
  readonly authorization_response_iss_parameter_supported: boolean | null;
  readonly id_token_signing_alg_values_supported: readonly string[] | null;
  readonly discovery: 'oidc' | 'oauth2' | 'none';
  readonly client_id: string;
  readonly client_secret: SecretText | null;
  readonly client_private_key: SecretText | null;
  readonly client_key_id: string | null;
  readonly client_key_alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  readonly token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post' | 'none' | 'private_key_jwt';
  readonly basic_encoding: 'form' | 'raw';
  readonly scopes: readonly string[];
  readonly scope_sep_out: ' ' | ',' | '+';
  readonly scope_sep_in: ' ' | ',' | '+';
  readonly authorization_params: Readonly<Record<string, string>>;
  readonly account_params: readonly AccountParam[];
  readonly iss_policy: 'required' | 'if_present';
  readonly redirect_fields: readonly string[];
  readonly dangerously_without_pkce: boolean;
  readonly token_params: Readonly<Record<string, string>>;
  readonly token_request_format: 'form' | 'json';
  readonly accept_json: boolean;
  readonly error_in_200: boolean;
  readonly token_path: string | null;
  readonly response_fields: readonly string[];
  readonly url_field_hosts: Readonly<Record<string, readonly string[]>>;
  /** `host:port` of every host the operator wrote for this provider. */
  readonly operator_hosts: readonly string[];
  readonly refresh_endpoint: string | null;
  readonly refresh_params: Readonly<Record<string, string>>;
  readonly dead_codes: readonly string[];
  readonly revoke: RevokeRule;
  readonly identity: IdentityRule;
  readonly lookups: readonly LookupRule[];
}

export interface RevokeRule {
  /** `delete_json`: DELETE with a JSON body `{"access_token"}`, as GitHub wants it. */
  readonly style: 'rfc7009' | 'delete_json' | 'none';
  readonly token_kind: 'refresh_token' | 'access_token' | 'both';
  /** `client`: as at the token endpoint. */
  readonly auth: 'client' | 'basic' | 'none';
  /** What dies: this token and its own descendants, the whole grant, or every grant of the account with this client. */
  readonly blast_radius: 'token' | 'grant' | 'account';
  /** Error codes that say the token was dead already: as good as revoked. */
  readonly gone_codes: readonly string[];
  /** Where the person can end the grant by hand. */
  readonly manual_url: string | null;
}

export interface IdentityRule {
  readonly source: 'id_token' | 'userinfo' | 'endpoint' | 'token_answer';
  readonly endpoint: string | null;
  /** The response field that holds the identity's own URL (Salesforce's `id`); it must be in `url_field_hosts`. */
  readonly endpoint_field: string | null;
  /** The issuer that identities are recorded under; null for the provider's own issuer. */
  readonly issuer: string | null;
  readonly subject: string;
  /** Paths tried in order for the account's label. */
  readonly label: readonly string[];
  readonly email: string | null;
  readonly email_verified: string | null;
  /**
   * Where only the provider's own addresses count as verified: those of `domains`, and those of an account that names
   * its organisation in `claim`. Null: its word counts for every address.
   */
  readonly email_hosted: { readonly claim: string; readonly domains: readonly string[] } | null;
  readonly name: string | null;
  /** A list of `{email, primary, verified}`, as GitHub's `/user/emails`. */
  readonly emails_endpoint: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A call after the exchange whose answer holds fields that later calls need. */
export interface LookupRule {
  readonly endpoint: string;
  /** Name of the extra → path in the answer. */
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The endpoints of one flow or connection, fixed when it begins; can be stored as JSON. */
export interface PinnedEndpoints {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  revocation_endpoint?: string;
  introspection_endpoint?: string;
  userinfo_endpoint?: string;
  jwks_uri?: string;
  authorization_response_iss_parameter_supported: boolean;
  id_token_signing_alg_values_supported?: string[];
}

export type Extras = Record<string, string | number | boolean>;

/** A token answer in one shape, whatever the provider sent. Lifetimes are seconds. */
export interface TokenSet {
  access_token: string;
  /** Lower case: `bearer`. */
  token_type: string;
  expires_in: number | null;
  refresh_token: string | null;
  refresh_token_expires_in: number | null;
  /** null: the answer named no scopes. */
  scopes: string[] | null;
  id_token_claims: Record<string, unknown> | null;
  extras: Extras;
}

/** Tokens as a token endpoint sent them, before anything else of the answer was looked at. */
export interface ReceivedTokens {
  accessToken: string | null;
  refreshToken: string | null;
  /** Seconds; null where the answer does not say. */
  expiresIn: number | null;
}

/** What the protocol layer needs from outside: the guarded fetch and a clock. */
export interface OAuthDeps {
  fetch: typeof fetch;
  now: () => Date;
  /** Told of the tokens of an answer as soon as it is read, whatever comes of it: the caller owns them from then on. */
  received?: (tokens: ReceivedTokens) => void;
}

export { type Disposition, isOAuthError, OAuthError, type OAuthErrorCode } from '#lib/oauth/oauth-error';
