import type { Account, Token } from './api.ts';

/** Fields of the answer that have a property of their own, or must have none. */
const known = new Set([
  ...['access_token', 'token_type', 'expires_at', 'expires_in', 'scope', 'missing_scopes', 'provider', 'account'],
]);

const hidden = '[access token]';

/**
 * A live access token. Text, JSON and inspection of it hide the token, so that it gets into no log by itself: ask for
 * `value` or `authorization` where it is sent.
 */
export class AccessToken {
  readonly #value: string;
  readonly #type: string;
  /** Null where the provider gives it no end. */
  readonly expiresAt: Date | null;
  /** The granted scopes; null where the provider does not say. */
  readonly scopes: readonly string[] | null;
  /** Scopes that were asked for, by the connection or by this call, and not granted. */
  readonly missingScopes: readonly string[];
  readonly provider: string;
  readonly account: Account;
  /** Further fields that calls to the provider need, such as `instance_url`. */
  readonly extras: Readonly<Record<string, unknown>>;

  constructor(answer: Token) {
    this.#value = answer.access_token;
    this.#type = answer.token_type;
    this.expiresAt = answer.expires_at === null ? null : new Date(answer.expires_at);
    this.scopes = answer.scope === null ? null : answer.scope.split(' ').filter(Boolean);
    this.missingScopes = answer.missing_scopes;
    this.provider = answer.provider;
    this.account = answer.account;
    this.extras = Object.fromEntries(Object.entries(answer).filter(([name]) => !known.has(name)));
  }

  /** The token itself. */
  get value(): string {
    return this.#value;
  }

  /** The value of the `Authorization` header that shows it. */
  get authorization(): string {
    // Some servers compare the scheme letter by letter, though it has no case (RFC 9110 §11.1).
    return `${/^bearer$/i.test(this.#type) ? 'Bearer' : this.#type} ${this.#value}`;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return hidden;
  }
}
