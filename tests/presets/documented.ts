/** Tokens that a server makes for one answer. */
export interface MadeTokens {
  access: string;
  refresh: string;
  /** Scopes that were granted. */
  scopes: readonly string[];
  /** Signed by the server, with claims beside the ones that every ID token has. */
  idToken: (claims: Record<string, unknown>, leaveOut?: readonly string[]) => string;
  /** The address on loopback that stands for one of the provider. */
  at: (url: string) => string;
}

export interface DocumentedAnswer {
  status: number;
  body?: unknown;
}

/**
 * A provider as its documentation describes it: what it insists on and what it answers. Written from the pages that the
 * preset names, without a look at the preset's fields, so that each is held against the other.
 */
export interface DocumentedServer {
  /** How the client shows its secret at the token endpoint, and how it writes the request. */
  client: 'basic' | 'post';
  body: 'form' | 'json';
  authorize: string;
  token: string;
  /** Another address for refreshing. */
  renew?: string;
  /** What joins scopes in the request, under which name; `null`: the request names none. */
  scopes: { joined: ' ' | ','; name?: string } | null;
  /** PKCE: whether the request must have it, may have it, or is refused for the verifier. */
  pkce: 'required' | 'taken' | 'refused';
  /** Further parameters that the authorization request, or the exchange, must carry. */
  asks?: Readonly<Record<string, string>>;
  sends?: Readonly<Record<string, string>>;
  /** What the person gives for the parts of the addresses. */
  parts?: Readonly<Record<string, string>>;
  /** What the redirect carries beside code and state. */
  redirect?: (scopes: readonly string[]) => Record<string, string>;
  exchanged: (made: MadeTokens) => Record<string, unknown>;
  /** Absent where there are no refresh tokens. */
  refreshed?: (made: MadeTokens) => Record<string, unknown>;
  /** Whether a refresh token works once. */
  rotates?: true;
  /** What calls with the token are answered, by `METHOD address`; a function sees the body. */
  calls: Readonly<Record<string, unknown>>;
  /** Headers that these calls must carry. */
  callHeaders?: Readonly<Record<string, string>>;
  /** The header that shows the token, in lower case, if not `authorization`. */
  tokenHeader?: string;
  /** Metadata below the issuer, where the provider has some. */
  metadata?: { at: string; body: (at: (url: string) => string) => Record<string, unknown> };
  jwks?: string;
  introspects?: { at: string; body: Record<string, unknown> };
  /** How a token is ended; absent where that is not offered. */
  revokes?: {
    at: string;
    method?: 'POST' | 'DELETE';
    by: 'form' | 'json' | 'token';
    name?: string;
    auth?: 'basic' | 'post';
    answer: DocumentedAnswer;
  };
  /** How the server refuses a refresh after the grant is gone. */
  dead?: DocumentedAnswer;
  /** How the server refuses a call after the token is gone. */
  refused?: DocumentedAnswer;
  /** What has to come out of it. */
  account: { subject: string; label: string };
  /** The lists of which the person chooses, by their names: the labels that are offered, and the one that is chosen. */
  offers?: Readonly<Record<string, readonly string[]>>;
  chooses?: Readonly<Record<string, string>>;
  /** Those of the connection once everything is chosen. */
  extras?: Readonly<Record<string, string | number | boolean>>;
  /** Seconds that a fresh token lives; null: it does not end, or nothing says when. */
  lives: number | null;
}
