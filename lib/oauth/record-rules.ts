// Parts of a provider's record, as the protocol layer reads them. `types.ts` has the whole.

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
  /** It is a whole server, with its port and its path, as `https://{name}/authorize` has it. */
  readonly base?: boolean | undefined;
}

export type AccountParamValues = Readonly<Record<string, string>>;

/** The issuer of a server for many tenants, each of whom has an issuer of its own: `https://as.example/{tenant}/v2.0`. */
export interface TenantIssuer {
  /** With one `{part}`, in the path. The server's metadata has it so. */
  readonly template: string;
  /** The claim of the ID token with the value that fills it. */
  readonly claim: string;
  /** The only tenants that are taken; null: every tenant of the server. */
  readonly tenants: readonly string[] | null;
}

export type ScopeSeparator = ' ' | ',' | '+' | ';' | '|' | ':';

/** Further parameters; several values go under the same name (RFC 8707 §2). */
export type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** A parameter's name in the RFCs → the server's; null: it is left out. */
export type ParameterNames = Readonly<Record<string, string | null | undefined>>;

/** The parameter that names the account of a reconnect, and what it says: `email` is the label where that is an address. */
export interface LoginHint {
  readonly param: string;
  readonly value: 'email' | 'label' | 'subject';
}

/** A part of URLs, used as `{name}`, that the server names on the redirect: `values` says what stands for its words. */
export interface RedirectPart {
  readonly name: string;
  readonly field: string;
  readonly values: Readonly<Record<string, string>>;
  /** The value there until the server has named one. */
  readonly initial: string;
}

/** A call that shows an access token and is answered with another one. */
export interface TokenCallRule {
  readonly endpoint: string;
  /** Null: the token goes as `Authorization: Bearer`. */
  readonly token_param: string | null;
  readonly params: Parameters;
  readonly client_params: readonly ('client_id' | 'client_secret')[];
  /** By GET, so that the token stands in the URL. */
  readonly dangerously_by_get: boolean;
}

/** Where an answer says how long a token lives: as a number of seconds or milliseconds, or as the moment of its end. */
export interface LifetimeRule {
  readonly path: string;
  readonly as: 'seconds' | 'milliseconds' | 'moment';
}

/** An answer that a record knows: by its status, and the value at a path, as far as either is given. */
export interface AnswerRule {
  readonly status?: number | undefined;
  readonly path?: string | undefined;
  readonly value?: string | undefined;
}

export interface RevokeRule {
  /**
   * `delete_json`: DELETE with a JSON body `{"access_token"}`, as GitHub wants it. `bearer`: an empty request that shows
   * the access token as calls of the API do; the token that calls is the one that ends.
   */
  readonly style: 'rfc7009' | 'delete_json' | 'bearer' | 'none';
  /** Of `bearer`. */
  readonly method: 'POST' | 'DELETE';
  /** Of `rfc7009`. */
  readonly format: 'form' | 'json';
  readonly token_kind: 'refresh_token' | 'access_token' | 'both';
  /** `client`: as at the token endpoint. */
  readonly auth: 'client' | 'basic' | 'none';
  /**
   * The tokens that die: this token and its own descendants, the whole grant, or every grant of the account with this
   * client.
   */
  readonly blast_radius: 'token' | 'grant' | 'account';
  /** Error codes that say the token was dead already: as good as revoked. */
  readonly gone_codes: readonly string[];
  /** The same for servers that send no code. */
  readonly gone_answers: readonly AnswerRule[];
  /** Where the person can end the grant by hand. */
  readonly manual_url: string | null;
  /** The server's names here, in place of `token_param_names`; null: those. */
  readonly param_names: ParameterNames | null;
  /** Of `rfc7009` and `bearer`. */
  readonly headers: CallRule['headers'];
}

export interface IdentityRule {
  /** `none`: nothing says it, and the person gives the connection a name. */
  readonly source: 'id_token' | 'userinfo' | 'endpoint' | 'token_answer' | 'introspection' | 'none';
  readonly endpoint: string | null;
  /** The response field that holds the identity's own URL (Salesforce's `id`); it must be in `url_field_hosts`. */
  readonly endpoint_field: string | null;
  /** The issuer that identities are recorded under; null for the provider's own issuer. */
  readonly issuer: string | null;
  /** Paths of the values that make the account's key, in this order; mostly one. */
  readonly key: readonly string[];
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
  /** How `endpoint` is asked. */
  readonly method: CallRule['method'];
  readonly body: CallRule['body'];
  readonly headers: CallRule['headers'];
  readonly token_header: CallRule['token_header'];
  readonly token_param: CallRule['token_param'];
  readonly dangerously_by_get: CallRule['dangerously_by_get'];
}

/** A call after the exchange; its answer holds fields that later calls need. */
export interface LookupRule extends CallRule {
  /** Name of the extra → path in the answer; where the person chooses, in each entry of it. */
  readonly fields: Readonly<Record<string, string>>;
  /** The answer is a list, of which the person chooses an entry. */
  readonly choose: boolean;
  /** The kind of the entries, in words. */
  readonly name: string;
  /** Where in the answer the list stands; null: it is the answer. */
  readonly entries: string | null;
  /** Paths tried in order for what an entry is shown as. */
  readonly entry_label: readonly string[];
}

/** A call that shows an access token. */
export interface CallRule {
  readonly endpoint: string;
  readonly method: 'GET' | 'POST';
  /** Sent as JSON: a GraphQL query, for example. Null: none. */
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly headers: Readonly<Record<string, string | SecretText>>;
  /** The header that carries the token, and what stands before it there. */
  readonly token_header: { readonly name: string; readonly prefix: string };
  /** The parameter that carries it instead, in a form. */
  readonly token_param: string | null;
  /** That parameter goes in the query of a GET. */
  readonly dangerously_by_get: boolean;
}
