import type { ClientAuthMethod, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { KnownPerson } from '#demo/people';
import type { ScopedSwitches, Target } from '#demo/scoped-switches';
import type { ServerStore } from '#demo/store';
import type { Counts, DemoProviderId, Switches } from '#demo/switches';

export type Ctx = KoaContextWithOIDC;
export type TokenBody = Record<string, unknown>;

/** The running server that a namesake's hooks see. */
export interface ServerParts {
  readonly provider: Provider;
  readonly store: ServerStore;
  readonly switches: ScopedSwitches;
  readonly counts: Counts;
  readonly issuer: string;
  readonly origin: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The secret of the hub's client, or of one that a test added. */
  readonly secretOf: (clientId: string) => string | undefined;
  /** Where the resource API listens: Salesforce's `instance_url`. */
  readonly resourceUrl: () => string;
  /** Ends one grant with all its tokens. */
  readonly endGrant: (grantId: string) => void;
  /** Ends all grants of this person at this client, or of everybody. Answers how many. */
  readonly endGrants: (target: Target) => number;
}

/** What the person agreed to, kept beside the grant because oidc-provider has no place for it. */
export interface GrantNote {
  offline: boolean;
  [key: string]: unknown;
}

/** One real provider's behaviour, as data and a few hooks. */
export interface Namesake {
  id: DemoProviderId;
  title: string;
  port: number;
  /** Appended to `http://localhost:port` to make the issuer. */
  issuerPath: string;
  routes: {
    authorization: string;
    token: string;
    jwks: string;
    revocation?: string;
    introspection?: string;
    userinfo?: string;
  };
  /** Paths that answer the metadata document; empty where the namesake publishes none. */
  metadataPaths: readonly string[];
  /** The metadata says `authorization_response_iss_parameter_supported`. */
  advertisesIss: boolean;
  clientAuth: ClientAuthMethod;
  /** Scopes that are understood, each with what the consent page says. */
  scopes: Readonly<Record<string, string>>;
  /** What the provider record of the demo asks for. */
  recordScopes: readonly string[];
  switches: Partial<Switches>;
  people: readonly KnownPerson[];
  tokenPrefix: { access: string; refresh: string };
  /** Seconds; a namesake without an end of its tokens takes a very long one. */
  accessTokenTtl: (scopes: ReadonlySet<string>) => number;
  /** Grants a person can have at one client before the oldest ends. */
  maxGrants: number;
  /** What a used refresh token does when it comes again: end the whole grant, or only fail. */
  reuse: 'ends_grant' | 'fails';
  rotationEndsAccessTokens: boolean;
  /** The consent page has a checkbox for each scope. */
  granular: boolean;
  /** The page signs in at once, without a consent page. */
  signInOnly: boolean;
  subject: (login: string, issuer: string) => string;
  issuesRefreshToken: (scopes: ReadonlySet<string>, note: GrantNote | undefined) => boolean;
  noteGrant?: (server: ServerParts, params: Record<string, unknown>, subject: string) => GrantNote;
  /** Edits the authorization request before oidc-provider reads it. */
  onAuthorizationRequest?: (query: URLSearchParams) => void;
  /** Edits the answer that goes to the client in the callback. */
  onCallback?: (url: URL, ctx: Ctx, server: ServerParts) => void;
  /** Edits the form of a token or revocation request before oidc-provider reads it. */
  onForm?: (form: URLSearchParams, ctx: Ctx, server: ServerParts) => void;
  onTokens?: (body: TokenBody, ctx: Ctx, server: ServerParts) => TokenBody;
  /** Sets status and body of a token error. `detail` is oidc-provider's own reason, never shown. */
  onTokenError?: (error: TokenError, ctx: Ctx) => TokenBody;
  /** Sets the headers of a token endpoint's 429 and answers its body, where the namesake has a shape of its own. */
  onRateLimit?: (ctx: Ctx, waitSeconds: number | null) => TokenBody;
  /** Runs after any token answer: GitHub's content type. */
  onTokenAnswer?: (ctx: Ctx) => void;
  /** Runs after oidc-provider revoked; `found` tells whether it knew the token. */
  onRevoked?: (found: RevokedToken | null, ctx: Ctx, server: ServerParts) => void;
  /** Which tokens the revocation endpoint ends. */
  revokes?: (kind: string) => boolean;
  /** The namesake's own endpoints beside OAuth; answers false for a path that is not one of them. */
  api?: (ctx: Ctx, server: ServerParts) => Promise<boolean>;
}

export interface TokenError {
  error: string;
  description: string | undefined;
  detail: string | undefined;
  grantType: string | null;
}

export interface RevokedToken {
  kind: string;
  subject: string;
  client: string;
}

/** The account of a live access token, and its scopes. */
export interface TokenHolder {
  subject: string;
  name: string;
  email: string;
  scopes: string[];
}
