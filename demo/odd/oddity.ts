import type { Grant, Grants, Issued } from '#demo/odd/grants';

/** Where a request arrives. Those from `identity` on are calls of a record that have an address of their own. */
export const places = [
  ...(['metadata', 'authorization', 'pushed', 'token', 'revocation', 'introspection', 'userinfo', 'jwks'] as const),
  ...(['identity', 'emails', 'lookup', 'upgrade', 'renewal'] as const),
];
export type Place = (typeof places)[number];

/** A request as the standard server reads it. An oddity brings what only it understands into this shape. */
export interface Asked {
  readonly place: Place;
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** The query of an authorization request, else the form of the body. */
  parameters: URLSearchParams;
  /** The body as it came. */
  readonly body: string;
  /** Which of several look-ups, counted from 0. */
  readonly index: number;
  /** The account's parts that stood in the address. */
  readonly parts: Readonly<Record<string, string>>;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Sent in the `format`, unless it is text already. Integers of type bigint are written as JSON numbers. */
  body: unknown;
  format: 'json' | 'form';
}

/** A request with the answer that the standard server gives. */
export interface Exchange {
  readonly asked: Asked;
  readonly answer: Answer;
  /** `authorization_code` or `refresh_token`, at the token endpoint. */
  readonly grantType: string | null;
  /** The tokens of a good token answer. */
  readonly issued: Issued | null;
  /** The grant it is about, where that is known. */
  readonly grant: Grant | null;
  readonly server: OddParts;
}

/** What the server is, for its oddities. */
export interface OddParts {
  readonly origin: string;
  /** The address at this server that stands for one at the provider. */
  readonly at: (url: string) => string;
  readonly issuer: (parts?: Readonly<Record<string, string>>) => string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The client's redirect URI. */
  readonly redirectUri: string;
  /** PKCS #8 PEM of the client's key; the server knows the public half. */
  readonly clientKey: string;
  /** Signs claims with the key that is published. */
  readonly sign: (claims: Record<string, unknown>) => Promise<string>;
  readonly grants: Grants;
}

/** One way in which servers differ from the standards: what it does, and the lines of a record that say so. */
export interface Oddity {
  name: string;
  /** The cases that it came from, or a provider's page. */
  cases: readonly string[];
  /** One sentence about the server. */
  does: string;
  /** Two oddities that touch the same part cannot be on together. */
  touches: readonly Part[];
  /** Edits a request before the standard server reads it. */
  asked?: (asked: Asked, server: OddParts) => void | Promise<void>;
  /** The scopes that a person grants, of the requested ones. */
  agreed?: (scopes: readonly string[]) => readonly string[];
  /** Edits an answer before it is sent. */
  answered?: (exchange: Exchange) => unknown;
  /** Edits the parameters of the redirect. A denial has no grant. */
  redirected?: (parameters: URLSearchParams, grant: Grant | null, server: OddParts) => void;
  /** Edits the claims of an ID token. */
  claimed?: (claims: Record<string, unknown>, grant: Grant, server: OddParts) => void;
  /** What a person writes into the record; nothing where the hub copes by itself. */
  record?: Lines | ((server: OddParts) => Lines);
  /** It is about the answer to a person who declines. */
  declines?: true;
  /** What the person types into the form that starts the flow, by the names of `account_params`. */
  typed?: Readonly<Record<string, string>>;
  /** What the person does besides, before the tokens are used: connects the account again, or another one. */
  again?: 'reconnect' | 'another';
  /** What comes out otherwise than of a server that keeps to the standards. */
  outcome?: Partial<Outcome>;
}

export type Lines = Readonly<Record<string, unknown>>;

export const partNames = [
  ...(['client', 'metadata', 'asking', 'redirect', 'denial', 'scopes', 'token type', 'life'] as const),
  ...([
    'refresh life',
    'token requests',
    'token place',
    'token format',
    'refresh token',
    'dead grants',
    'errors',
  ] as const),
  ...(['revocation', 'identity', 'id token', 'lookups', 'numbers', 'extras', 'refresh'] as const),
];
export type Part = (typeof partNames)[number];

/** What a person sees of the whole way: start, callback, vend, forced refresh, revocation. */
export interface Outcome {
  /** The result that the callback shows. */
  flow: string;
  /** Scopes that are missing; null: not known what was granted. */
  missing: readonly string[];
  subject: string | RegExp;
  /** Fields that no look-up found, as the connection shows them. */
  fields: readonly string[];
  /** Seconds that the first token was stored to live, rounded to minutes; null: not known. */
  life: number | null;
  /** `fresh`: another token that works; else the code of the refusal. */
  refresh: string;
  /** The state of the revocation and its proof. */
  revocation: string;
  /** Tokens that work at the server when all is over. */
  alive: number;
}
