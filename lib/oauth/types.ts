import type {
  AccountParam,
  AnswerRule,
  IdentityRule,
  LifetimeRule,
  LoginHint,
  LookupRule,
  ParameterNames,
  Parameters,
  RedirectPart,
  RevokeRule,
  ScopeSeparator,
  SecretText,
  TenantIssuer,
  TokenCallRule,
} from '#lib/oauth/record-rules';

/**
 * The facts of a provider that the protocol layer needs. Field names are those of RFC 8414 and RFC 7591 where these
 * have one; docs/providers.md explains each.
 */
export interface OAuthProvider {
  readonly id: string;
  readonly issuer: string;
  readonly authorization_endpoint: string | null;
  readonly token_endpoint: string | null;
  readonly revocation_endpoint: string | null;
  readonly introspection_endpoint: string | null;
  readonly pushed_authorization_request_endpoint: string | null;
  /** null: as the metadata says, or where an endpoint is written. */
  readonly require_pushed_authorization_requests: boolean | null;
  readonly userinfo_endpoint: string | null;
  readonly jwks_uri: string | null;
  readonly authorization_response_iss_parameter_supported: boolean | null;
  readonly id_token_signing_alg_values_supported: readonly string[] | null;
  readonly discovery: 'oidc' | 'oauth2' | 'none';
  /** Where the metadata is, if not where its issuer says; null: there. */
  readonly metadata_url: string | null;
  readonly tenant_issuer: TenantIssuer | null;
  readonly client_id: string;
  readonly client_secret: SecretText | null;
  /** The one that it replaced, tried where the server refuses the new one: during a rotation both live. */
  readonly client_secret_previous: SecretText | null;
  readonly client_private_key: SecretText | null;
  readonly client_key_id: string | null;
  readonly client_key_alg:
    | 'RS256'
    | 'RS384'
    | 'RS512'
    | 'PS256'
    | 'PS384'
    | 'PS512'
    | 'ES256'
    | 'ES384'
    | 'ES512'
    | 'EdDSA';
  /** `aud` of the assertion of `private_key_jwt`: one of two, or a text of the server's own. */
  readonly client_assertion_audience: 'issuer' | 'token_endpoint' | (string & {});
  /** `iss` of that assertion, where it is not the client's id as RFC 7523 §3 has it. */
  readonly client_assertion_issuer: string | null;
  /** False where neither entry nor preset says how the client authenticates: then the metadata may. */
  readonly auth_method_written: boolean;
  readonly token_endpoint_auth_method:
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'client_secret_jwt'
    | 'none'
    | 'private_key_jwt';
  readonly basic_encoding: 'form' | 'raw';
  /** The user of HTTP Basic, before the colon; `client_secret`: the secret, with nothing after the colon. */
  readonly basic_user: 'client_id' | 'client_secret';
  /** HTTP Basic has the id already, and the body repeats it. */
  readonly client_id_in_body: boolean;
  readonly scopes: readonly string[];
  readonly scope_sep_out: ScopeSeparator;
  readonly scope_sep_in: ScopeSeparator;
  /** Where granted scopes are named, and under which name; null: `scope`, or `scopes`. */
  readonly scope_source: 'token_answer' | 'redirect';
  readonly scope_field: string | null;
  /** A scope of the request → other names under which the server grants it. */
  readonly scope_aliases: Readonly<Record<string, readonly string[]>>;
  /** A granted scope → the scopes that it includes. */
  readonly scope_implies: Readonly<Record<string, readonly string[]>>;
  /** The text that the server puts before a scope's name in its answers. */
  readonly scope_prefixes: readonly string[];
  readonly scope_case: 'sensitive' | 'insensitive';
  /** Scopes that the server grants and never names. */
  readonly unechoed_scopes: readonly string[];
  readonly authorization_params: Parameters;
  readonly authorization_param_names: ParameterNames;
  /** Sent besides where the person connects a further account. */
  readonly another_account_params: Readonly<Record<string, string>>;
  /** How a reconnect names its account; null: it does not. */
  readonly login_hint: LoginHint | null;
  /** Where the parameters go: before the URL's fragment, or into it, as a page that routes by its fragment reads them. */
  readonly authorization_params_in: 'query' | 'fragment';
  /** The name of `code` on the redirect. */
  readonly code_field: string;
  readonly account_params: readonly AccountParam[];
  readonly redirect_parts: readonly RedirectPart[];
  /** `own`: the redirect URI names the provider; `shared`: the one that names none. */
  readonly redirect_uri: 'own' | 'shared';
  readonly iss_policy: 'required' | 'if_present';
  readonly redirect_fields: readonly string[];
  readonly dangerously_without_pkce: boolean;
  /** An ID token may lack the nonce; another one is refused all the same. */
  readonly dangerously_without_nonce: boolean;
  /** An answer may lack the ID token although `openid` was asked for. */
  readonly dangerously_without_id_token: boolean;
  readonly token_params: Parameters;
  /** The exchange repeats the redirect's `state`. */
  readonly state_in_exchange: boolean;
  /** Of every request that this client makes itself: token, refresh, revocation and introspection. */
  readonly token_param_names: ParameterNames;
  readonly token_headers: Readonly<Record<string, SecretText>>;
  readonly token_request_format: 'form' | 'json';
  /** The token request carries all in its query, by this method. */
  readonly dangerously_token_request_in_query: 'POST' | 'GET' | null;
  /** Shown the token of the code's answer once; its own answer is kept instead. */
  readonly token_upgrade: TokenCallRule | null;
  /** The access token renews itself here; there is no refresh token. */
  readonly token_renewal: TokenCallRule | null;
  readonly accept_json: boolean;
  readonly error_in_200: boolean;
  /** Where the access token may stand, the first that fits; `access_token` itself is always tried last. */
  readonly token_path: readonly string[];
  /** Other words than `bearer` that the server uses for a bearer token. */
  readonly bearer_token_types: readonly string[];
  /** Null: the names that are known. */
  readonly access_token_life: LifetimeRule | null;
  readonly refresh_token_life: LifetimeRule | null;
  readonly response_fields: readonly string[];
  readonly url_field_hosts: Readonly<Record<string, readonly string[]>>;
  /** `host:port` of every host the operator wrote for this provider. */
  readonly operator_hosts: readonly string[];
  readonly refresh_endpoint: string | null;
  readonly refresh_params: Parameters;
  readonly dead_codes: readonly string[];
  readonly dead_answers: readonly AnswerRule[];
  /** Answers that refuse the client's credentials, beside `invalid_client`. */
  readonly client_refused_answers: readonly AnswerRule[];
  /** Codes on the redirect by which the person declined, beside the known ones. */
  readonly declined_codes: readonly string[];
  readonly reuse_codes: readonly string[];
  readonly revoke: RevokeRule;
  readonly identity: IdentityRule;
  readonly lookups: readonly LookupRule[];
}

/** The endpoints of one flow or connection, fixed when it begins; can be stored as JSON. */
export interface PinnedEndpoints {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  revocation_endpoint?: string;
  introspection_endpoint?: string;
  /** There where the request is pushed (RFC 9126). */
  pushed_authorization_request_endpoint?: string;
  userinfo_endpoint?: string;
  jwks_uri?: string;
  authorization_response_iss_parameter_supported: boolean;
  id_token_signing_alg_values_supported?: string[];
  /** Where the record leaves the way to authenticate to the server, and that does not take the usual one. */
  token_endpoint_auth_method?: 'client_secret_post';
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
  /** The whole answer, where the record reads the identity from it (`identity.source: token_answer`). Never stored. */
  answer?: Record<string, unknown>;
  extras: Extras;
}

/** Tokens as a token endpoint sent them, before anything else of the answer was looked at. */
export interface ReceivedTokens {
  accessToken: string | null;
  refreshToken: string | null;
  /** Seconds; null where the answer does not say. */
  expiresIn: number | null;
}

/** A call's request. `showRedirect`: a redirect is an answer like others; the fetch never follows it. */
export type CallInit = RequestInit & { showRedirect?: boolean };

/** The parts that the protocol layer needs from outside: the guarded fetch and a clock. */
export interface OAuthDeps {
  /** The guarded fetch. Of private hosts it calls those of `operatorHosts` only. */
  fetch: (url: string | URL, init: CallInit & { operatorHosts: readonly string[] }) => Promise<Response>;
  now: () => Date;
  /**
   * Told of the tokens of an answer as soon as it is read, whatever comes of it, also where its status refuses: the caller
   * owns them from then on. Each answer of a call is told of by itself.
   */
  received?: (tokens: ReceivedTokens) => void;
  /** The calls only try credentials, so they count as no use of a client secret. */
  probing?: boolean;
}

/**
 * The provider that a call is made for: it may reach the hosts that the operator wrote for this provider, and no
 * other's.
 */
export type CallFor = Pick<OAuthProvider, 'operator_hosts'> &
  Partial<Pick<OAuthProvider, 'tenant_issuer' | 'metadata_url'>>;

export {
  type Disposition,
  isOAuthError,
  isOAuthErrorCode,
  OAuthError,
  type OAuthErrorCode,
} from '#lib/oauth/oauth-error';
export type * from '#lib/oauth/record-rules';
